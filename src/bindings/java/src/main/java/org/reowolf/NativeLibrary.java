// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Finds the native part inside the jar. */
final class NativeLibrary {
    private static final String NAME = "libreowolf_jni.so";

    private NativeLibrary() {}

    static void load() {
        final String architecture = System.getProperty("os.arch");
        final String resource = "/org/reowolf/native/linux-" + architecture + "/" + NAME;
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new UnsatisfiedLinkError("the jar has no " + resource);
            }
            final Path folder = Files.createTempDirectory("reowolf");
            final Path file = folder.resolve(NAME);
            try {
                Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
                System.load(file.toAbsolutePath().toString());
            } finally {
                // Once loaded, the file is needed no longer.
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException problem) {
            final UnsatisfiedLinkError error =
                    new UnsatisfiedLinkError("the native library cannot be unpacked: " + problem);
            error.initCause(problem);
            throw error;
        }
    }
}
