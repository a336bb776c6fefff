// The `guardian` program: parses the command line, calls the pipeline, answers with the contract's exit
// codes.
#include "cli/commands.h"

int main(int argc, char** argv) { return guardian::cli::run(argc, argv); }
