# CMake reads this while llama.cpp is compiled for its server, once for each project in it. The
# other programs are left out, which saves some minutes.
if(NOT COMMAND _add_subdirectory)
    macro(add_subdirectory folder)
        set(_others batched-bench cli completion cvector-generator export-lora fit-params gguf-split
            imatrix llama-bench perplexity quantize results tokenize tts)
        if(NOT "${folder}" IN_LIST _others)
            _add_subdirectory(${folder} ${ARGN})
        endif()
    endmacro()
endif()
