// SPDX-License-Identifier: MIT
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.reowolf.ConnectorException;
import org.reowolf.ConnectorTimeoutException;
import org.reowolf.LogicalConnector;
import org.reowolf.RealtimeConnector;
import org.reowolf.UnsatisfiableBehaviorException;

/** Logical connectors, and real-time ones together with them. */
final class Logical {
    private static final String MERGED =
            "connector merged {\n"
                    + "    peer amy = \"$\" { in<string> say; in<string> whisper; }\n"
                    + "    peer bob = \"$\" { out<string> hear; }\n"
                    + "    new merger(amy.say, amy.whisper, bob.hear);\n"
                    + "}\n"
                    + "primitive merger(in<string> a, in<string> b, out<string> c) {\n"
                    + "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }\n"
                    + "}\n";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void oneOfTheOffersHappens() throws Exception {
        try (var pair = Pair.logical(MERGED)) {
            final LogicalConnector amy = pair.amy;
            final LogicalConnector bob = pair.bob;
            for (int i = 0; i < 20; ++i) {
                amy.offer("say", bytes("aloud"));
                amy.offer("whisper", bytes("softly"));
                final byte[] heard = new byte[20];
                bob.poll("hear", heard);
                Check.that(!pair.round(), "it has expired");
                final boolean aloud = amy.decide("say", new byte[5]);
                Check.that(aloud != amy.decide("whisper", new byte[6]), "both or none");
                final byte[] expected = bytes(aloud ? "aloud" : "softly");
                Check.equal(expected.length, bob.length("hear"));
                Check.that(
                        Arrays.equals(expected, Arrays.copyOf(heard, expected.length)), "heard");
            }
            Check.thrown(UnsatisfiableBehaviorException.class, () -> amy.await());
            amy.timeout(Duration.ofMillis(30));
            amy.offer("say", bytes("nobody hears"));
            Check.thrown(ConnectorTimeoutException.class, () -> amy.await());
        }
    }

    private static void classesMix() throws Exception {
        try (var pair = new Pair<>(new LogicalConnector(), new RealtimeConnector(), MERGED)) {
            final LogicalConnector amy = pair.amy;
            final RealtimeConnector bob = pair.bob;
            bob.sync(); // nothing is prepared, and amy is silent
            amy.offer("whisper", bytes("now"));
            final byte[] heard = new byte[3];
            bob.get("hear", heard);
            final var awaited = Check.begin(() -> amy.await());
            bob.sync();
            Check.finish(awaited);
            Check.that(Arrays.equals(bytes("now"), heard), "heard");
        }
    }

    /** Where nothing fits without a peer that has left, that is what is wrong. */
    private static void oneHasLeft() throws Exception {
        try (var pair = new Pair<>(new LogicalConnector(), new RealtimeConnector(), MERGED)) {
            pair.amy.close();
            pair.bob.get("hear", new byte[3]);
            final var thrown = Check.thrown(ConnectorException.class, pair.bob::sync);
            Check.equal(ConnectorException.EPIPE, thrown.errno());
        }
    }

    public static void main(String[] arguments) throws Exception {
        oneOfTheOffersHappens();
        classesMix();
        oneHasLeft();
    }
}
