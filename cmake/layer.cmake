# SPDX-License-Identifier: MIT
# A layer is one folder under src/ and one static library. It sees its own headers and those of
# the layers it names under USES, and no others: every layer has an include root of its own that
# holds nothing but a link to its folder, so an undeclared #include does not compile.

set(LAYER_ROOTS ${PROJECT_BINARY_DIR}/include-roots)

# Builds a layer in half of the time, but all eight files again when one of them has changed.
option(REOWOLF_UNITY "compile the files of a layer eight at a time" OFF)

function(layer NAME)
    cmake_parse_arguments(LAYER "" "" "USES;LIBRARIES" ${ARGN})

    file(MAKE_DIRECTORY ${LAYER_ROOTS}/${NAME})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${NAME} ${LAYER_ROOTS}/${NAME}/${NAME} SYMBOLIC)

    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${NAME}/*.cpp)
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "\\.test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "\\.test\\.cpp$")

    set(roots ${LAYER_ROOTS}/${NAME})
    foreach(used IN LISTS LAYER_USES)
        if(NOT TARGET ${used})
            message(FATAL_ERROR "layer ${NAME} uses ${used}, which does not stand above it")
        endif()
        list(APPEND roots ${LAYER_ROOTS}/${used})
    endforeach()

    if(sources)
        add_library(${NAME} STATIC ${sources})
        target_include_directories(${NAME} PRIVATE ${roots} ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${NAME} PUBLIC ${LAYER_USES} ${LAYER_LIBRARIES} fmt::fmt)
        if(REOWOLF_UNITY)
            set_target_properties(${NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
            # A name that one file shadows may be another's.
            target_compile_options(${NAME} PRIVATE -Wno-shadow)
        endif()
        set_property(GLOBAL APPEND PROPERTY LAYER_OBJECTS $<TARGET_OBJECTS:${NAME}>)
    else()
        add_library(${NAME} INTERFACE)
        target_link_libraries(${NAME} INTERFACE ${LAYER_USES} ${LAYER_LIBRARIES} fmt::fmt)
    endif()
    set_property(GLOBAL APPEND PROPERTY LAYERS ${NAME})

    if(tests)
        add_executable(${NAME}_test ${tests})
        target_include_directories(${NAME}_test PRIVATE ${roots} ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${NAME}_test PRIVATE ${NAME} GTest::gmock GTest::gtest_main)
        gtest_discover_tests(${NAME}_test TEST_PREFIX "${NAME}: " DISCOVERY_MODE PRE_TEST)
    endif()
endfunction()

# For programs and tests outside src/: the same rule, from the list of layers they may use.
function(uses_layers TARGET)
    target_include_directories(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    foreach(used IN LISTS ARGN)
        target_include_directories(${TARGET} PRIVATE ${LAYER_ROOTS}/${used})
    endforeach()
    target_link_libraries(${TARGET} PRIVATE ${ARGN})
endfunction()
