// SPDX-License-Identifier: MIT
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.reowolf.RealtimeConnector;

/**
 * Very many rounds and connectors leave nothing behind: not in the heap, which is limited by who runs this, not in
 * native memory, and no descriptors and threads.
 */
final class Lasting {
    private static final long KIBIBYTES_MAX = 24 << 10;
    /** What a virtual machine opens, now and then, whatever the program does. */
    private static final long DESCRIPTORS_OF_ITS_OWN = 10;

    private static final String ECHO =
            "connector echo {\n"
                    + "    peer amy = \"$\" { in<u8[]> give; out<u8[]> back; }\n"
                    + "    peer bob = \"$\" { out<u8[]> take; }\n"
                    + "    new both(amy.give, bob.take, amy.back);\n"
                    + "}\n"
                    + "primitive both(in<u8[]> a, out<u8[]> b, out<u8[]> c) {\n"
                    + "    while (true) sync { u8[] x = get(a); put(b, x); put(c, x); }\n"
                    + "}\n";
    private static final String ALONE =
            "connector alone {\n"
                    + "    peer amy = \"$\" { in<u8[]> give; out<u8[]> back; in<u8[]> more; }\n"
                    + "    new pass(amy.give, amy.back);\n"
                    + "}\n"
                    + "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";

    /** What the process has in memory. */
    private static long residentKib() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new AssertionError("no VmRSS");
    }

    private static long entries(String folder) throws Exception {
        try (Stream<Path> all = Files.list(Path.of(folder))) {
            return all.count();
        }
    }

    /** The memory that is held at the end and was not after a quarter of it. */
    private static void grewBy(long warmKib, String what) throws Exception {
        final long grownKib = residentKib() - warmKib;
        Check.that(grownKib < KIBIBYTES_MAX, grownKib + " KiB more after " + what);
    }

    private static void roundsOfTwo(int rounds) throws Exception {
        try (var pair = Pair.realtime(ECHO)) {
            final var taking =
                    Check.begin(
                            () -> {
                                final byte[] taken = new byte[200];
                                for (int i = 0; i < rounds; ++i) {
                                    pair.bob.get("take", taken);
                                    pair.bob.sync();
                                }
                                return true;
                            });
            final byte[] given = new byte[200];
            final byte[] back = new byte[200];
            long warmKib = 0;
            for (int i = 0; i < rounds; ++i) {
                given[i % given.length] = (byte) i;
                pair.amy.put("give", given);
                pair.amy.get("back", back);
                pair.amy.sync();
                Check.that(back[i % back.length] == (byte) i, "another value came back");
                if (i == rounds / 4) {
                    warmKib = residentKib();
                }
            }
            Check.finish(taking);
            grewBy(warmKib, rounds + " rounds of two");
        }
    }

    /** With everything that a round can have: alternatives, and values that are fetched again. */
    private static void roundsOfOne(int rounds) throws Exception {
        try (RealtimeConnector amy = new RealtimeConnector()) {
            amy.configure("self amy;\n" + Check.withAddresses(ALONE));
            amy.connect();
            final byte[] given = new byte[20];
            final byte[] back = new byte[20];
            long warmKib = 0;
            for (int i = 0; i < rounds; ++i) {
                given[i % given.length] = (byte) i;
                amy.put("give", given);
                amy.get("back", back);
                if (i % 4 == 0) {
                    amy.or();
                    amy.opt("back", new byte[20]);
                }
                amy.sync();
                Check.that(back[i % back.length] == (byte) i, "another value came back");
                if (i % 4 == 1) {
                    Check.that(amy.decide("back", back), "it has fired");
                }
                if (i == rounds / 4) {
                    warmKib = residentKib();
                }
            }
            grewBy(warmKib, rounds + " rounds of one");
        }
    }

    /** Exceptions too, and connectors that were closed, whatever state they were in. */
    private static void connectors(int count) throws Exception {
        final String protocol = "self amy;\n" + Check.withAddresses(ALONE);
        long warmKib = 0;
        long descriptors = 0;
        for (int i = 0; i < count; ++i) {
            try (RealtimeConnector idle = new RealtimeConnector();
                    RealtimeConnector amy = new RealtimeConnector()) {
                idle.configure(protocol);
                amy.configure(protocol);
                amy.connect();
                amy.put("give", new byte[1 << 16]);
                amy.get("back", new byte[1 << 16]);
                amy.sync();
                amy.put("more", new byte[1]);
                Check.thrown(IllegalArgumentException.class, () -> amy.put("none", new byte[1]));
            }
            if (i == count / 4) {
                warmKib = residentKib();
                descriptors = entries("/proc/self/fd");
            }
        }
        grewBy(warmKib, count + " connectors");
        final long more = entries("/proc/self/fd") - descriptors;
        Check.that(more < DESCRIPTORS_OF_ITS_OWN, more + " descriptors more after " + count + " connectors");
    }

    /** Nobody has closed them, and there may be only so many at once. */
    private static void collected(int count) throws Exception {
        for (int i = 0; i < count; ++i) {
            while (true) {
                try {
                    new RealtimeConnector();
                    break;
                } catch (IllegalStateException tooMany) {
                    System.gc();
                    Thread.onSpinWait();
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        roundsOfTwo(Integer.parseInt(arguments[0]));
        roundsOfOne(Integer.parseInt(arguments[1]));
        connectors(Integer.parseInt(arguments[2]));
        collected(Integer.parseInt(arguments[3]));
    }
}
