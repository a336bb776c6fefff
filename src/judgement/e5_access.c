#include "judgement/e5_access.h"

#include "e5.c"

static const char kPrefix[] = "query: ";

e5_model* guardian_e5_open(const char* path) { return e5_load(path); }
void guardian_e5_close(e5_model* model) { e5_free(model); }

guardian_e5_sizes guardian_e5_get_sizes(const e5_model* m) {
  guardian_e5_sizes sizes = {m->H, m->NL, m->NH, m->FF, m->tok.n_pieces, m->MAXP, m->tok.unk, m->eps};
  return sizes;
}

int guardian_e5_tokenise(const e5_model* m, const char* text, int* pieces, int capacity) {
  const size_t length = strlen(text);
  char* prefixed = malloc(sizeof(kPrefix) + length);
  memcpy(prefixed, kPrefix, sizeof(kPrefix) - 1);
  memcpy(prefixed + sizeof(kPrefix) - 1, text, length + 1);
  const int count = tok_content(&m->tok, prefixed, pieces + 1, capacity - 2);
  free(prefixed);
  pieces[0] = m->tok.bos;
  pieces[count + 1] = m->tok.eos;
  return count + 2;
}

const char* guardian_e5_piece(const e5_model* m, int piece, size_t* length) {
  *length = m->tok.offs[piece + 1] - m->tok.offs[piece];
  return m->tok.blob + m->tok.offs[piece];
}

void guardian_e5_embedding(const e5_model* m, int piece, float* row) {
  deq_row(m->word + (size_t)piece * m->nb_word, m->H, row);
}

void guardian_e5_row(const e5_model* m, int layer, enum guardian_e5_part part, int row, float* numbers) {
  const layer_t* l = &m->layers[layer];
  const block_q4_0* matrices[] = {l->qw, l->kw, l->vw, l->aow, l->fiw, l->fow};
  const int columns = part == GUARDIAN_E5_SECOND ? m->FF : m->H;
  deq_row(matrices[part] + (size_t)row * (columns / QK), columns, numbers);
}

const float* guardian_e5_bias(const e5_model* m, int layer, enum guardian_e5_part part) {
  const layer_t* l = &m->layers[layer];
  const float* biases[] = {l->qb, l->kb, l->vb, l->aob, l->fib, l->fob};
  return biases[part];
}

const float* guardian_e5_norm_of(const e5_model* m, int layer, enum guardian_e5_norm norm, const float** summands) {
  const layer_t* l = &m->layers[layer];
  *summands = norm == GUARDIAN_E5_AFTER_ATTENTION ? l->aln_b : l->oln_b;
  return norm == GUARDIAN_E5_AFTER_ATTENTION ? l->aln_w : l->oln_w;
}

const float* guardian_e5_norm_of_embeddings(const e5_model* m, const float** summands) {
  *summands = m->eln_b;
  return m->eln_w;
}

void guardian_e5_position(const e5_model* m, int position, float* numbers) {
  for (int i = 0; i < m->H; ++i) numbers[i] = m->pos[(size_t)position * m->H + i] + m->type[i];
}
