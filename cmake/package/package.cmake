# SPDX-License-Identifier: MIT
# How others find the library once it is installed (find_package and pkg-config), manual pages, and
# the Debian packages that `cpack` makes. Included last: it needs the targets.
include(CMakePackageConfigHelpers)
set(package_templates ${CMAKE_CURRENT_LIST_DIR})
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/reowolf)

install(EXPORT reowolf NAMESPACE reowolf:: FILE reowolf-targets.cmake
    DESTINATION ${cmake_folder} COMPONENT dev)
install(EXPORT reowolf_static NAMESPACE reowolf:: FILE reowolf-static-targets.cmake
    DESTINATION ${cmake_folder} COMPONENT dev)
configure_package_config_file(${package_templates}/reowolf-config.cmake.in
    ${PROJECT_BINARY_DIR}/package/reowolf-config.cmake INSTALL_DESTINATION ${cmake_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/reowolf-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/reowolf-config.cmake
    ${PROJECT_BINARY_DIR}/package/reowolf-config-version.cmake
    DESTINATION ${cmake_folder} COMPONENT dev)

# The installed tree can be moved: the file finds itself.
file(RELATIVE_PATH PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PREFIX_FROM_PC "${PREFIX_FROM_PC}")
set(pc_files)
set(pc_names reowolf)
if(TARGET reowolf_cpp)
    list(APPEND pc_names reowolf-cpp)
endif()
foreach(name IN LISTS pc_names)
    configure_file(${package_templates}/${name}.pc.in ${PROJECT_BINARY_DIR}/package/${name}.pc @ONLY)
    list(APPEND pc_files ${PROJECT_BINARY_DIR}/package/${name}.pc)
endforeach()
install(FILES ${pc_files}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

# Section 3 of the manual: what the header says.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(man_pages ${PROJECT_BINARY_DIR}/package/man3)
add_custom_command(OUTPUT ${man_pages}/rw_connector.3
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/header_to_man
        ${PROJECT_SOURCE_DIR}/include/reowolf/connector.h ${PROJECT_VERSION} ${man_pages}
    DEPENDS ${PROJECT_SOURCE_DIR}/scripts/header_to_man ${PROJECT_SOURCE_DIR}/scripts/c_header.py
        ${PROJECT_SOURCE_DIR}/include/reowolf/connector.h
    VERBATIM)
add_custom_target(man_pages ALL DEPENDS ${man_pages}/rw_connector.3)
install(DIRECTORY ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT dev)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/reowolf COMPONENT command RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libreowolf${PROJECT_VERSION_MAJOR} COMPONENT library
    RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libreowolf-dev COMPONENT dev RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libreowolf-java COMPONENT java RENAME copyright)

# `cpack -G DEB` in the build directory: four packages.
set(CPACK_PACKAGE_NAME reowolf)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Reowolf team <reowolf@example.org>")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL command library dev java)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME reowolf)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS graphviz)
set(CPACK_COMPONENT_COMMAND_DESCRIPTION
    "Command for protocols in PDL\n Checks, runs and draws protocols written in the protocol description\n language of Reowolf.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libreowolf${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/package/triggers)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
    "Connectors: synchronous communication among many peers\n The shared library.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libreowolf-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libreowolf${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libfmt-dev, libsodium-dev, libc-ares-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION
    "Connectors: synchronous communication among many peers\n Headers, the static library, manual pages, and files for CMake and pkg-config.")
set(CPACK_DEBIAN_JAVA_PACKAGE_NAME libreowolf-java)
set(CPACK_DEBIAN_JAVA_PACKAGE_SECTION java)
# The native library lies inside the jar, where dpkg-shlibdeps does not look.
set(CPACK_DEBIAN_JAVA_PACKAGE_DEPENDS
    "default-jre-headless | java17-runtime-headless, libfmt9, libsodium23, libc-ares2")
set(CPACK_COMPONENT_JAVA_DESCRIPTION
    "Connectors: synchronous communication among many peers\n For Java.")
file(WRITE ${PROJECT_BINARY_DIR}/package/triggers "activate-noawait ldconfig\n")
include(CPack)
