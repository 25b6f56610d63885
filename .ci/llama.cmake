# CMake reads this while llama-cpp-python is compiled. What nomoat does not use is left out, which
# halves the time: the part of llama.cpp that reads pictures and sound, and the library shared by
# its own command line programs (nomoat takes chat templates and grammars from Python packages).
set(LLAVA_BUILD OFF)
set(LLAMA_BUILD_COMMON OFF)
