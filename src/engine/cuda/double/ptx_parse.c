/* Parses PTX text into instructions. A line is a directive, a label or an instruction; anything unknown is an error. */
#include "ptx.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registers with a common prefix: %rd0, %rd1, … */
typedef struct {
  char name[8];
  int first, count;
} Registers;

typedef struct {
  char name[MAX_NAME];
  int at;
} Label;

/* A branch whose label is not resolved yet. */
typedef struct {
  int instruction;
  char label[MAX_NAME];
} Branch;

typedef struct {
  PtxKernel *kernel;
  Registers registers[8];
  int groups, registerCount;
  Label *labels;
  int labelCount;
  Branch *branches;
  int branchCount;
  Symbol *shared; /* of the module: its kernels share them */
  int sharedCount;
  uint32_t sharedBytes;
  int line;
  char *error;
  size_t errorBytes;
} Parser;

static int fail(Parser *p, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int used = snprintf(p->error, p->errorBytes, "line %d: ", p->line);
  vsnprintf(p->error + used, p->errorBytes - (size_t)used, format, arguments);
  va_end(arguments);
  return -1;
}

/* Makes room for one more element of an array, whose capacity is the next power of two. */
static void *grown(void *array, int count, size_t bytes) {
  if (count & (count - 1)) return array;
  return realloc(array, (size_t)(count ? 2 * count : 1) * bytes);
}

static char *trimmed(char *text) {
  while (isspace((unsigned char)*text)) text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1])) *--end = 0;
  return text;
}

static int typeOf(const char *text, Type *type) {
  if (!strcmp(text, "pred")) return *type = (Type){'p', 1}, 1;
  if (!strchr("busf", text[0]) || !text[0] || !isdigit((unsigned char)text[1])) return 0;
  int bits = atoi(text + 1);
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return 0;
  *type = (Type){text[0], bits / 8};
  return 1;
}

static int findRegister(const Parser *p, const char *name) {
  size_t length = strcspn(name, "0123456789");
  int number = atoi(name + length);
  for (int i = 0; i < p->groups; i++) {
    const Registers *group = &p->registers[i];
    if (strlen(group->name) == length && !strncmp(group->name, name, length)) return number < group->count ? group->first + number : -1;
  }
  return -1;
}

/* `.reg .b32 %r<10>;` declares %r0 … %r9. */
static int declareRegisters(Parser *p, char *text) {
  Registers *group = &p->registers[p->groups];
  char *percent = strchr(text, '%');
  if (p->groups == 8 || !percent || sscanf(percent, "%7[%a-z]<%d>", group->name, &group->count) != 2)
    return fail(p, "registers I cannot read");
  group->first = p->registerCount;
  p->registerCount += group->count;
  p->groups++;
  return 0;
}

/* `.weak .shared .align 8 .b8 NAME[256];` */
static int declareShared(Parser *p, char *text) {
  uint32_t align = 4, bytes = 0;
  char *found = strstr(text, ".align");
  if (found) align = (uint32_t)atoi(found + 6);
  char *last = strrchr(text, ' ');
  if (!last) last = strrchr(text, '\t');
  if (!last) return fail(p, "shared memory without a name");
  char *name = trimmed(last), *bracket = strchr(name, '[');
  Type type = {'b', 0};
  char *dot = strrchr(text, '.');
  char typeName[8] = "";
  if (dot) sscanf(dot + 1, "%7[a-z0-9]", typeName);
  if (!typeOf(typeName, &type)) return fail(p, "shared memory of type %s", typeName);
  bytes = (uint32_t)type.bytes;
  if (bracket) {
    bytes *= (uint32_t)atoi(bracket + 1);
    *bracket = 0;
  }
  p->sharedBytes = (p->sharedBytes + align - 1) / align * align;
  p->shared = grown(p->shared, p->sharedCount, sizeof(Symbol));
  Symbol *symbol = &p->shared[p->sharedCount++];
  snprintf(symbol->name, MAX_NAME, "%s", name);
  symbol->offset = p->sharedBytes;
  symbol->bytes = bytes;
  p->sharedBytes += bytes;
  return 0;
}

/* `.param .u64 NAME` */
static int declareParameter(Parser *p, char *text) {
  char typeName[8] = "", name[MAX_NAME] = "";
  if (sscanf(text, ".param .%7[a-z0-9] %95[A-Za-z0-9_]", typeName, name) != 2) return fail(p, "a parameter I cannot read");
  Type type;
  if (!typeOf(typeName, &type)) return fail(p, "a parameter of type %s", typeName);
  PtxKernel *k = p->kernel;
  k->parameters = grown(k->parameters, k->parameterCount, sizeof(Symbol));
  Symbol *symbol = &k->parameters[k->parameterCount++];
  uint32_t bytes = (uint32_t)type.bytes;
  symbol->offset = (k->parameterBytes + bytes - 1) / bytes * bytes;
  symbol->bytes = bytes;
  snprintf(symbol->name, MAX_NAME, "%s", name);
  k->parameterBytes = symbol->offset + bytes;
  return 0;
}

static const struct {
  const char *name;
  Special special;
} SPECIALS[] = {{"%tid.x", SPECIAL_TID}, {"%ntid.x", SPECIAL_NTID}, {"%ctaid.x", SPECIAL_CTAID}, {"%nctaid.x", SPECIAL_NCTAID}};

static int parseOperand(Parser *p, char *text, Operand *operand) {
  text = trimmed(text);
  for (size_t i = 0; i < sizeof SPECIALS / sizeof *SPECIALS; i++)
    if (!strcmp(text, SPECIALS[i].name)) return *operand = (Operand){OPERAND_SPECIAL, (int)SPECIALS[i].special, 0}, 0;
  if (*text == '%') {
    int index = findRegister(p, text);
    if (index < 0) return fail(p, "no register %s", text);
    return *operand = (Operand){OPERAND_REGISTER, index, 0}, 0;
  }
  operand->kind = OPERAND_IMMEDIATE;
  if (text[0] == '0' && (text[1] == 'f' || text[1] == 'd')) return operand->value = strtoull(text + 2, 0, 16), 0;
  if (isdigit((unsigned char)*text) || *text == '-') {
    operand->value = *text == '-' ? (uint64_t)strtoll(text, 0, 0) : strtoull(text, 0, 0);
    return 0;
  }
  for (int i = 0; i < p->sharedCount; i++)
    if (!strcmp(text, p->shared[i].name)) return operand->value = p->shared[i].offset, 0;
  for (int i = 0; i < p->kernel->parameterCount; i++)
    if (!strcmp(text, p->kernel->parameters[i].name)) return operand->value = p->kernel->parameters[i].offset, 0;
  return fail(p, "operand '%s'", text);
}

/* `[%rd1+16]`: the operand is the base and its value the offset; if the base is a symbol, the whole is an immediate. */
static int parseAddress(Parser *p, char *text, Operand *operand) {
  char *close = strchr(text, ']');
  if (*text != '[' || !close) return fail(p, "address '%s'", text);
  *close = 0;
  char *plus = strpbrk(text + 1, "+-");
  int64_t offset = 0;
  if (plus) {
    offset = strtoll(*plus == '+' ? plus + 1 : plus, 0, 0);
    *plus = 0;
  }
  if (parseOperand(p, text + 1, operand)) return -1;
  operand->value += (uint64_t)offset;
  return 0;
}

/* Splits at commas outside braces and brackets. */
static int split(char *text, char **parts, int most) {
  int count = 0, depth = 0;
  char *start = text;
  if (!*trimmed(text)) return 0;
  for (;; text++) {
    if (*text == '{' || *text == '[') depth++;
    if (*text == '}' || *text == ']') depth--;
    int end = !*text;
    if (end || (*text == ',' && depth == 0)) {
      *text = 0;
      if (count < most) parts[count++] = trimmed(start);
      start = text + 1;
      if (end) return count;
    }
  }
}

static const struct {
  const char *name;
  Op op;
} OPS[] = {{"add", OP_ADD}, {"sub", OP_SUB}, {"fma", OP_FMA}, {"min", OP_MIN}, {"max", OP_MAX}, {"neg", OP_NEG}, {"and", OP_AND},
           {"or", OP_OR}, {"shl", OP_SHL}, {"shr", OP_SHR}, {"bfe", OP_BFE}, {"setp", OP_SETP}, {"selp", OP_SELP}, {"cvt", OP_CVT},
           {"mov", OP_MOV}, {"ld", OP_LD}, {"st", OP_ST}, {"bra", OP_BRA}, {"ret", OP_RET}, {"membar", OP_MEMBAR}, {"cvta", OP_MOV}};

static const char *COMPARES[] = {"eq", "ne", "lt", "le", "gt", "ge"};

/* Parses the words of a mnemonic, for example `ld.global.nc.v4.u32`. */
static int parseMnemonic(Parser *p, char *mnemonic, Instruction *in) {
  char whole[MAX_NAME];
  snprintf(whole, sizeof whole, "%s", mnemonic);
  char *words[12];
  int count = 0, types = 0, wide = 0, known = 0;
  for (char *word = strtok(mnemonic, "."); word && count < 12; word = strtok(0, ".")) words[count++] = word;
  for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++)
    if (!strcmp(words[0], OPS[i].name)) in->op = OPS[i].op, known = 1;
  for (int i = 1; i < count; i++) {
    Type type;
    int compare = -1;
    for (int c = 0; c < 6; c++)
      if (!strcmp(words[i], COMPARES[c])) compare = c;
    if (typeOf(words[i], &type)) {
      if (types++ == 0) in->type = type;
      else in->source = type;
    } else if (compare >= 0 && in->op == OP_SETP) in->compare = (Compare)compare;
    else if (!strcmp(words[i], "v2") || !strcmp(words[i], "v4")) in->vector = words[i][1] - '0';
    else if (!strcmp(words[i], "global")) in->space = SPACE_GLOBAL;
    else if (!strcmp(words[i], "shared")) in->space = SPACE_SHARED;
    else if (!strcmp(words[i], "param")) in->space = SPACE_PARAM;
    else if (!strcmp(words[i], "wide")) wide = 1;
    else if (strcmp(words[i], "lo") && strcmp(words[i], "rn") && strcmp(words[i], "nc") && strcmp(words[i], "volatile") &&
             strcmp(words[i], "uni") && strcmp(words[i], "to") && strcmp(words[i], "gl") && strcmp(words[i], "sync") &&
             strcmp(words[i], "down") && strcmp(words[i], "inc"))
      return fail(p, "'%s' in %s", words[i], whole);
  }
  if (!strcmp(words[0], "mul")) in->op = wide ? OP_MUL_WIDE : OP_MUL_LO, known = 1;
  if (!strcmp(words[0], "mad")) in->op = OP_MAD_LO, known = !wide;
  if (!strncmp(whole, "shfl.sync.down.b32", 18)) in->op = OP_SHFL_DOWN, known = 1;
  if (!strncmp(whole, "barrier.sync", 12)) in->op = OP_BAR, known = 1;
  if (!strncmp(whole, "atom.inc.u32", 12)) in->op = OP_ATOM_INC, in->space = SPACE_GLOBAL, known = 1;
  return known ? 0 : fail(p, "instruction %s", whole);
}

/* `{%r1, %r2}` or a single operand. */
static int parseGroup(Parser *p, char *text, Instruction *in) {
  if (*text != '{') return parseOperand(p, text, &in->operand[in->operands++]);
  char *close = strchr(text, '}'), *parts[4];
  if (!close) return fail(p, "'%s' has no end", text);
  *close = 0;
  int count = split(text + 1, parts, 4);
  for (int i = 0; i < count; i++)
    if (parseOperand(p, parts[i], &in->operand[in->operands++])) return -1;
  return 0;
}

static int parseInstruction(Parser *p, char *text) {
  Instruction in = {.predicate = -1, .vector = 1, .target = -1, .line = p->line};
  if (*text == '@') {
    char *end = text + strcspn(text, " \t");
    if (*end) *end++ = 0;
    in.negated = text[1] == '!';
    in.predicate = findRegister(p, text + 1 + in.negated);
    if (in.predicate < 0) return fail(p, "no predicate %s", text);
    text = trimmed(end);
  }
  char *arguments = text + strcspn(text, " \t");
  if (*arguments) *arguments++ = 0;
  if (parseMnemonic(p, text, &in)) return -1;
  char *parts[MAX_OPERANDS];
  int count = split(arguments, parts, MAX_OPERANDS);
  if (in.op == OP_BRA) {
    p->branches = grown(p->branches, p->branchCount, sizeof(Branch));
    p->branches[p->branchCount].instruction = p->kernel->instructionCount;
    snprintf(p->branches[p->branchCount++].label, MAX_NAME, "%s", parts[0]);
  } else {
    int address = in.op == OP_LD || in.op == OP_ATOM_INC ? 1 : in.op == OP_ST ? 0 : -1;
    if (in.op == OP_MOV && count == 2) in.packs = parts[1][0] == '{' ? 1 : parts[0][0] == '{' ? 2 : 0;
    for (int i = 0; i < count; i++)
      if (i == address ? parseAddress(p, parts[i], &in.operand[in.operands++]) : parseGroup(p, parts[i], &in)) return -1;
  }
  PtxKernel *k = p->kernel;
  k->instructions = grown(k->instructions, k->instructionCount, sizeof(Instruction));
  k->instructions[k->instructionCount++] = in;
  return 0;
}

/* Ends a kernel and resolves the labels of its branches. */
static int endKernel(Parser *p) {
  for (int i = 0; i < p->branchCount; i++) {
    Instruction *in = &p->kernel->instructions[p->branches[i].instruction];
    for (int j = 0; j < p->labelCount; j++)
      if (!strcmp(p->labels[j].name, p->branches[i].label)) in->target = p->labels[j].at;
    if (in->target < 0) return p->line = in->line, fail(p, "no label %s", p->branches[i].label);
  }
  p->kernel->registerCount = p->registerCount;
  p->kernel->sharedBytes = p->sharedBytes;
  p->kernel = NULL;
  p->groups = p->registerCount = p->labelCount = p->branchCount = 0;
  return 0;
}

static int beginKernel(Parser *p, PtxModule *module, const char *text) {
  module->kernels = grown(module->kernels, module->count, sizeof(PtxKernel));
  p->kernel = &module->kernels[module->count++];
  memset(p->kernel, 0, sizeof *p->kernel);
  return sscanf(text, ".visible .entry %95[A-Za-z0-9_]", p->kernel->name) == 1 ? 0 : fail(p, "an entry without a name");
}

static int parseLine(Parser *p, PtxModule *module, char *text, int *inBody) {
  size_t length = strlen(text);
  if (!length || !strncmp(text, "//", 2)) return 0;
  if (!strcmp(text, "{")) return *inBody = 1, 0;
  if (!strcmp(text, "}")) return *inBody = 0, endKernel(p);
  if (text[length - 1] == ';' || text[length - 1] == ',') text[length - 1] = 0;
  if (!strncmp(text, ".visible .entry", 15)) return beginKernel(p, module, text);
  if (*text == '.' && strstr(text, ".shared")) return declareShared(p, text);
  if (!strncmp(text, ".param", 6)) return declareParameter(p, text);
  if (!strncmp(text, ".reg", 4)) return declareRegisters(p, text);
  if (*text == '.') /* the interpreter ignores .version and the like */
    return !strncmp(text, ".version", 8) || !strncmp(text, ".target", 7) || !strncmp(text, ".address_size", 13) ||
                   !strncmp(text, ".maxntid", 8)
               ? 0
               : fail(p, "directive %s", text);
  if (!*inBody) return *text == ')' ? 0 : fail(p, "'%s' outside a kernel", text);
  if (text[length - 1] == ':') {
    text[length - 1] = 0;
    p->labels = grown(p->labels, p->labelCount, sizeof(Label));
    p->labels[p->labelCount].at = p->kernel->instructionCount;
    snprintf(p->labels[p->labelCount++].name, MAX_NAME, "%s", text);
    return 0;
  }
  return parseInstruction(p, text);
}

PtxModule *ptxParse(const char *text, char *error, size_t errorBytes) {
  Parser p = {.error = error, .errorBytes = errorBytes};
  PtxModule *module = calloc(1, sizeof *module);
  char *copy = strdup(text), *rest = copy;
  int inBody = 0, failed = 0;
  while (!failed && rest) {
    char *line = strsep(&rest, "\n");
    p.line++;
    failed = parseLine(&p, module, trimmed(line), &inBody);
  }
  if (!failed && (p.kernel || !module->count)) failed = fail(&p, "the text ends too soon");
  free(copy);
  free(p.labels);
  free(p.branches);
  free(p.shared);
  if (!failed) return module;
  ptxFree(module);
  return NULL;
}

void ptxFree(PtxModule *module) {
  for (int i = 0; i < module->count; i++) {
    free(module->kernels[i].parameters);
    free(module->kernels[i].instructions);
  }
  free(module->kernels);
  free(module);
}

PtxKernel *ptxFind(PtxModule *module, const char *name) {
  for (int i = 0; i < module->count; i++)
    if (!strcmp(module->kernels[i].name, name)) return &module->kernels[i];
  return NULL;
}
