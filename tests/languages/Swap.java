// SPDX-License-Identifier: MIT
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.reowolf.RealtimeConnector;

/** Swap NAME DESCRIPTION FILE TAKEN: as examples/swap/swap.c, once, in Java. */
final class Swap {
    public static void main(String[] arguments) throws Exception {
        try (RealtimeConnector c = new RealtimeConnector()) {
            c.configure("self " + arguments[0] + ";\n" + Files.readString(Path.of(arguments[1])));
            c.connect();
            final byte[] taken = new byte[1 << 20];
            c.put("give", Files.readAllBytes(Path.of(arguments[2])));
            c.get("take", taken);
            c.sync();
            Files.write(Path.of(arguments[3]), Arrays.copyOf(taken, c.length("take")));
        }
    }
}
