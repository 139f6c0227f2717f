// The same two loops in C++ on the CUDA driver API, with pinbench's own kernel, for bench/gpu/bench.ts to run beside
// pinbench's. Built without CUDA's headers: the functions it calls are declared here and looked up in the driver's library.
//
//   driver LIBRARY PTX DATA ROWS COLS     DATA: float32, row-major, without a header
//
// The commands and answers are those of peer.py.
#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

static void *library;

static void must(int status, const char *what) {
  if (status == 0) return;
  std::cerr << what << ": status " << status << "\n";
  std::exit(1);
}

/// A function of the driver, looked up once.
template <typename... Arguments> struct Call {
  const char *name;
  int (*function)(Arguments...);
  explicit Call(const char *name) : name(name), function(reinterpret_cast<int (*)(Arguments...)>(dlsym(library, name))) {
    if (!function) must(-1, name);
  }
  void operator()(Arguments... arguments) const { must(function(arguments...), name); }
};

template <typename T> static std::vector<T> read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const T *begin = reinterpret_cast<const T *>(bytes.data());
  return {begin, begin + bytes.size() / sizeof(T)};
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  library = dlopen(arguments[1], RTLD_NOW);
  if (!library) return std::cerr << dlerror() << "\n", 1;
  Call<unsigned> init("cuInit");
  Call<int *, int, int> attribute("cuDeviceGetAttribute");
  Call<uint64_t *, int> retain("cuDevicePrimaryCtxRetain");
  Call<int, unsigned> setFlags("cuDevicePrimaryCtxSetFlags_v2");
  Call<uint64_t> setCurrent("cuCtxSetCurrent"), synchronise("cuStreamSynchronize");
  Call<uint64_t *, unsigned> createStream("cuStreamCreate");
  Call<uint64_t *, const char *, unsigned, int *, void **> loadModule("cuModuleLoadDataEx");
  Call<uint64_t *, uint64_t, const char *> getFunction("cuModuleGetFunction");
  Call<int *, uint64_t, int, size_t> occupancy("cuOccupancyMaxActiveBlocksPerMultiprocessor");
  Call<uint64_t *, size_t> allocate("cuMemAlloc_v2");
  Call<void **, size_t, unsigned> allocateHost("cuMemHostAlloc");
  Call<uint64_t *, void *, unsigned> devicePointer("cuMemHostGetDevicePointer_v2");
  Call<uint64_t, const void *, size_t, uint64_t> copy("cuMemcpyHtoDAsync_v2");
  Call<uint64_t, uint8_t, size_t, uint64_t> fill("cuMemsetD8Async");
  Call<uint64_t, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, uint64_t, void **, void **> launch(
      "cuLaunchKernel");

  const auto ptx = read<char>(arguments[2]);
  const auto host = read<float>(arguments[3]);
  const uint64_t rows = std::strtoull(arguments[4], nullptr, 10), cols = std::strtoull(arguments[5], nullptr, 10);
  if (host.size() != rows * cols) {
    std::fprintf(stderr, "DATA does not have ROWS x COLS float32 values\n");
    return 1;
  }

  init(0);
  setFlags(0, 1);  // CU_CTX_SCHED_SPIN, as pinbench
  uint64_t context, stream, module, function, data, state;
  retain(&context, 0);
  setCurrent(context);
  createStream(&stream, 1);
  loadModule(&module, std::string(ptx.begin(), ptx.end()).c_str(), 0, nullptr, nullptr);
  getFunction(&function, module, "slice_float32");
  int multiprocessors, resident;
  attribute(&multiprocessors, 16, 0);
  occupancy(&resident, function, 256, 0);
  const uint64_t most = static_cast<uint64_t>(multiprocessors) * static_cast<uint64_t>(resident);

  allocate(&data, host.size() * sizeof(float));
  copy(data, host.data(), host.size() * sizeof(float), stream);
  const size_t stateBytes = 16 + 8 * most;
  allocate(&state, stateBytes);
  fill(state, 0, stateBytes, stream);
  void *memory;
  uint64_t out;
  allocateHost(&memory, sizeof(double), 3);
  devicePointer(&out, memory, 0);
  const volatile double *scalar = static_cast<double *>(memory);
  synchronise(stream);

  struct Batch {
    std::vector<int32_t> order;
    uint64_t buffer;
  };
  std::map<uint64_t, Batch> batches;
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, file;
    uint64_t batch;
    words >> command >> batch >> file;
    uint64_t per = batch * cols, bytes = per * sizeof(float);
    if (command == "order") {
      batches[batch].order = read<int32_t>(file);
      allocate(&batches[batch].buffer, bytes);
      std::cout << "ok" << std::endl;
      continue;
    }
    const bool feed = command == "feed";
    const Batch &of = batches.at(batch);
    uint64_t base = feed ? of.buffer : data, total = feed ? per : host.size(), order = 0, zero = 0;
    uint32_t index = 0, work = 1;
    void *parameters[] = {&base, &total, &per, &out, &state, &order, &index, &work, &zero};
    uint64_t loads = (bytes / 16 + 255) / 256;
    const unsigned blocks = static_cast<unsigned>(loads < 1 ? 1 : loads < most ? loads : most);
    double sum = 0;
    const auto began = std::chrono::steady_clock::now();
    for (int32_t i : of.order) {
      if (feed) copy(base, host.data() + static_cast<uint64_t>(i) * per, bytes, stream);
      else index = static_cast<uint32_t>(i);
      launch(function, blocks, 1, 1, 256, 1, 1, 0, stream, parameters, nullptr);
      synchronise(stream);
      sum += *scalar;
    }
    const auto ns = std::chrono::steady_clock::now() - began;
    std::printf("%lld %.17g\n", static_cast<long long>(std::chrono::nanoseconds(ns).count()), sum);
    std::fflush(stdout);
  }
}
