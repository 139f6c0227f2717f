/* A PTX interpreter for the instructions that the committed kernels use; ptx_parse.c reads the text, ptx_exec.c runs it. */
#ifndef PINBENCH_PTX_H
#define PINBENCH_PTX_H

#include <stddef.h>
#include <stdint.h>

enum { LANES = 32, MAX_NAME = 96, MAX_OPERANDS = 6 };

/* A type by its suffix: 'b', 'u', 's', 'f' and its bytes; 'p' is a predicate. */
typedef struct {
  char kind;
  int bytes;
} Type;

typedef enum {
  OP_ADD, OP_SUB, OP_MUL_LO, OP_MUL_WIDE, OP_MAD_LO, OP_FMA, OP_MIN, OP_MAX, OP_NEG, OP_AND, OP_OR, OP_SHL, OP_SHR, OP_BFE,
  OP_SETP, OP_SELP, OP_CVT, OP_MOV, OP_LD, OP_ST, OP_BRA, OP_RET, OP_BAR, OP_MEMBAR, OP_SHFL_DOWN, OP_ATOM_INC
} Op;
typedef enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE } Compare;
typedef enum { SPACE_PARAM, SPACE_GLOBAL, SPACE_SHARED } Space;
typedef enum { SPECIAL_TID, SPECIAL_NTID, SPECIAL_CTAID, SPECIAL_NCTAID } Special;
typedef enum { OPERAND_REGISTER, OPERAND_SPECIAL, OPERAND_IMMEDIATE } OperandKind;

/* `value` is an immediate, or what an address adds to its base register. */
typedef struct {
  OperandKind kind;
  int index;
  uint64_t value;
} Operand;

typedef struct {
  Op op;
  Type type, source; /* source: what cvt converts from */
  Compare compare;
  Space space;
  int predicate, negated; /* register, or -1 */
  int vector;             /* elements of a load */
  int packs;              /* mov: 1 packs two halves, 2 unpacks them */
  int target;             /* of a branch */
  int line;
  int operands;
  Operand operand[MAX_OPERANDS];
} Instruction;

/* A parameter, or a variable in shared memory. */
typedef struct {
  char name[MAX_NAME];
  uint32_t offset, bytes;
} Symbol;

typedef struct {
  char name[MAX_NAME];
  Symbol *parameters;
  int parameterCount;
  uint32_t parameterBytes, sharedBytes;
  int registerCount;
  Instruction *instructions;
  int instructionCount;
} PtxKernel;

typedef struct {
  PtxKernel *kernels;
  int count;
} PtxModule;

typedef struct {
  uint32_t blocks, threads;
  uint64_t seed;         /* of the order of blocks and warps */
  uint64_t instructions; /* of warps: more is a kernel that does not end */
  uint64_t *ran;         /* what ran of them is added here */
  /* Where device memory is in the host's; NULL where an access leaves its allocation. */
  uint8_t *(*translate)(uint64_t address, size_t bytes);
} PtxLaunch;

/* NULL, and the reason with its line, where the text has something unknown. */
PtxModule *ptxParse(const char *text, char *error, size_t errorBytes);
void ptxFree(PtxModule *module);
PtxKernel *ptxFind(PtxModule *module, const char *name);

/* 0, or the driver's status: 700 an address nobody owns, 702 does not end, 716 misaligned, 719 lanes missing, or a register
   read that nothing was written to. */
int ptxRun(const PtxKernel *kernel, const uint8_t *parameters, const PtxLaunch *launch);

#endif
