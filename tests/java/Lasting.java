// SPDX-License-Identifier: MIT
import java.nio.file.Files;
import java.nio.file.Path;
import org.reowolf.RealtimeConnector;

/** Very many rounds leave nothing behind: as many as the argument says. The heap is limited by who runs this. */
final class Lasting {
    private static final long KIBIBYTES_MAX = 24 << 10;

    /** What the process has in memory. */
    private static long residentKib() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new AssertionError("no VmRSS");
    }

    public static void main(String[] arguments) throws Exception {
        final int rounds = Integer.parseInt(arguments[0]);
        final String protocol =
                Check.withAddresses(
                        "connector echo {\n"
                                + "    peer amy = \"$\" { in<u8[]> give; out<u8[]> back; }\n"
                                + "    peer bob = \"$\" { out<u8[]> take; }\n"
                                + "    new both(amy.give, bob.take, amy.back);\n"
                                + "}\n"
                                + "primitive both(in<u8[]> a, out<u8[]> b, out<u8[]> c) {\n"
                                + "    while (true) sync { u8[] x = get(a); put(b, x); put(c, x); }\n"
                                + "}\n");
        try (RealtimeConnector amy = new RealtimeConnector();
                RealtimeConnector bob = new RealtimeConnector()) {
            amy.configure("self amy;\n" + protocol);
            bob.configure("self bob;\n" + protocol);
            final var connecting =
                    Check.begin(
                            () -> {
                                amy.connect();
                                return true;
                            });
            bob.connect();
            Check.finish(connecting);
            final var taking =
                    Check.begin(
                            () -> {
                                final byte[] taken = new byte[200];
                                for (int i = 0; i < rounds; ++i) {
                                    bob.get("take", taken);
                                    bob.sync();
                                }
                                return true;
                            });
            final byte[] given = new byte[200];
            final byte[] back = new byte[200];
            long warmKib = 0;
            for (int i = 0; i < rounds; ++i) {
                given[i % given.length] = (byte) i;
                amy.put("give", given);
                amy.get("back", back);
                amy.sync();
                Check.that(back[i % back.length] == (byte) i, "another value came back");
                if (i == rounds / 4) {
                    warmKib = residentKib();
                }
            }
            Check.finish(taking);
            final long grownKib = residentKib() - warmKib;
            Check.that(grownKib < KIBIBYTES_MAX, grownKib + " KiB more after " + rounds + " rounds");
        }
    }
}
