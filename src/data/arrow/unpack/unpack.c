/*
 * Decompresses LZ4 and Zstandard frames piece by piece: no more of a frame is decompressed than was asked for, and no more memory
 * is taken than the frame's window. The decoders are those of github.com/lz4/lz4 and github.com/facebook/zstd, unchanged; make.sh
 * states their versions. The other half is in codecs.ts.
 */
#include <stdint.h>
#include <stdlib.h>

#define ZSTD_STATIC_LINKING_ONLY
#include "zstd.h"
#include "lz4frame.h"

#define EXPORT(name) __attribute__((export_name(#name)))

/* The areas for packed and unpacked bytes, which all frames share in turn. */
static uint8_t packed[PACKED_BYTES];
static uint8_t unpacked[UNPACKED_BYTES];
EXPORT(packed) uint8_t *packed_at(void) { return packed; }
EXPORT(unpacked) uint8_t *unpacked_at(void) { return unpacked; }

/* A window larger than the claimed length is legitimate if the writer did not know the length; no byte of it is touched before it
 * is filled. Decoders for 32 bits allow no larger window. */
#define MOST_WINDOW_LOG 30

typedef struct {
  ZSTD_DCtx *zstd;
  LZ4F_dctx *lz4;
} Frame;

enum { LZ4, ZSTD };

EXPORT(end) void end(Frame *frame) {
  if (frame == NULL) return;
  ZSTD_freeDCtx(frame->zstd);
  LZ4F_freeDecompressionContext(frame->lz4);
  free(frame);
}

/* Begins a frame, which the caller must end. Returns NULL if there is no memory for it. */
EXPORT(begin) Frame *begin(int codec) {
  Frame *frame = calloc(1, sizeof *frame);
  if (frame == NULL) return NULL;
  if (codec == LZ4) {
    if (!LZ4F_isError(LZ4F_createDecompressionContext(&frame->lz4, LZ4F_VERSION))) return frame;
  } else {
    frame->zstd = ZSTD_createDCtx();
    if (frame->zstd != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(frame->zstd, ZSTD_d_windowLogMax, MOST_WINDOW_LOG)))
      return frame;
  }
  end(frame);
  return NULL;
}

static const char *why;
EXPORT(why) const char *why_failed(void) { return why; }

static uint32_t taken, made;
EXPORT(taken) uint32_t bytes_taken(void) { return taken; }
EXPORT(made) uint32_t bytes_made(void) { return made; }

enum { FAILED = -1, AT_END, WITHIN };

/* Continues with the packed bytes from `from` to `to`, and unpacks at most `room` bytes. */
EXPORT(step) int step(Frame *frame, uint32_t from, uint32_t to, uint32_t room) {
  size_t left, in = to - from, out = room;
  if (frame->lz4 != NULL) {
    left = LZ4F_decompress(frame->lz4, unpacked, &out, packed + from, &in, NULL);
    if (LZ4F_isError(left)) return why = LZ4F_getErrorName(left), FAILED;
    taken = in, made = out;
  } else {
    ZSTD_inBuffer source = {packed, to, from};
    ZSTD_outBuffer target = {unpacked, room, 0};
    left = ZSTD_decompressStream(frame->zstd, &target, &source);
    if (ZSTD_isError(left)) return why = ZSTD_getErrorName(left), FAILED;
    taken = source.pos - from, made = target.pos;
  }
  return left == 0 ? AT_END : WITHIN;
}
