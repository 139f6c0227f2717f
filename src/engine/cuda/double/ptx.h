/* A PTX interpreter for the instructions that the committed kernels use; ptx_parse.c reads the text, ptx_exec.c runs it. */
#ifndef PINBENCH_PTX_H
#define PINBENCH_PTX_H

#include <stddef.h>
#include <stdint.h>

enum { LANES = 32, MAX_NAME = 96, MAX_OPERANDS = 6 };

/* A type suffix: its letter 'b', 'u', 's' or 'f' ('p' for a predicate), and its size in bytes. */
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

/* `value` is an immediate, or the offset from the base register of an address. */
typedef struct {
  OperandKind kind;
  int index;
  uint64_t value;
} Operand;

typedef struct {
  Op op;
  Type type, source; /* source: the type cvt converts from */
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
  uint64_t seed;         /* for the order of blocks and warps */
  uint64_t instructions; /* limit for all warps, beyond which a kernel counts as endless */
  uint64_t *ran;         /* the instructions run are added here */
  /* Translates device memory to a host pointer; NULL if the access is not within one allocation. */
  uint8_t *(*translate)(uint64_t address, size_t bytes);
} PtxLaunch;

/* Parses PTX. If the text contains anything unknown, returns NULL and writes the reason and its line to `error`. */
PtxModule *ptxParse(const char *text, char *error, size_t errorBytes);
void ptxFree(PtxModule *module);
PtxKernel *ptxFind(PtxModule *module, const char *name);

/* Runs a kernel. Returns 0 or the driver's status: 700 for an address outside every allocation, 702 for an endless kernel, 716
   for a misaligned access, 719 for missing lanes or a read of an uninitialized register. */
int ptxRun(const PtxKernel *kernel, const uint8_t *parameters, const PtxLaunch *launch);

#endif
