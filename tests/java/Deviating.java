// SPDX-License-Identifier: MIT
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.reowolf.Connector;
import org.reowolf.ConnectorException;
import org.reowolf.ConnectorTimeoutException;
import org.reowolf.DeviatedBehaviorException;
import org.reowolf.LogicalConnector;
import org.reowolf.RealtimeConnector;
import org.reowolf.UnsatisfiableBehaviorException;

/** A peer that sends what no correct peer sends is told from one that is late, and from one that wants something else. */
final class Deviating {
    /** They are reached only over somebody in between: the first and third address are his. */
    private static final String DIRECT =
            "connector direct {\n"
                    + "    peer amy = \"$\" { in<u32> give; listen \"$\"; }\n"
                    + "    peer bob = \"$\" { out<u32> take; listen \"$\"; }\n"
                    + "    new pass(amy.give, bob.take);\n"
                    + "}\n"
                    + "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

    private static final byte[][] LIES = {
        {5, 0, 0, 0, 0, 1, 2, 3, 4, 5}, // half a message
        {1, 0, 0, 0, 0, 0x7f}, // an unknown one
        {0, 0, 0, 0, 0x63}, // an unknown frame
        {-1, -1, -1, -1, 0, 1, 2, 3}, // too long a one
    };

    private interface Preparing {
        void prepare();
    }

    private static void lied(
            Connector amy, Preparing offering, Connector bob, Preparing polling, byte[] lie)
            throws Exception {
        final List<InetSocketAddress> places = Check.freePlaces(4);
        try (Middleman man =
                        new Middleman(
                                List.of(places.get(0), places.get(2)),
                                List.of(places.get(1), places.get(3)));
                amy;
                bob) {
            final String protocol = Check.withPlaces(DIRECT, places);
            amy.configure("self amy;\n" + protocol);
            bob.configure("self bob;\n" + protocol);
            Pair.connect(amy, bob);

            offering.prepare();
            amy.timeout(Duration.ofMillis(30));
            Check.thrown(ConnectorTimeoutException.class, () -> Pair.step(amy));
            amy.timeout(null);
            polling.prepare();
            Check.together(() -> Pair.step(amy), () -> Pair.step(bob));

            man.say(lie);
            offering.prepare();
            final ConnectorException said =
                    Check.thrown(DeviatedBehaviorException.class, () -> Pair.step(amy));
            Check.equal(71, said.errno()); // EPROTO
            Check.that(said.getMessage().contains("'bob'"), said.getMessage());
        }
    }

    private static void inSync() throws Exception {
        for (byte[] lie : LIES) {
            final RealtimeConnector amy = new RealtimeConnector();
            final RealtimeConnector bob = new RealtimeConnector();
            lied(
                    amy,
                    () -> {
                        amy.put("give", new byte[4]);
                        amy.or(); // with a choice amy promises nothing yet: so nothing is in doubt
                    },
                    bob,
                    () -> bob.get("take", new byte[4]),
                    lie);
        }
    }

    private static void inAwait() throws Exception {
        for (byte[] lie : LIES) {
            final LogicalConnector amy = new LogicalConnector();
            final LogicalConnector bob = new LogicalConnector();
            lied(
                    amy,
                    () -> amy.offer("give", new byte[4]),
                    bob,
                    () -> bob.poll("take", new byte[4]),
                    lie);
        }
    }

    private static void unsatisfiableIsAnotherThing() throws Exception {
        final String twice = DIRECT.replace("listen \"$\"; ", "");
        try (var pair = Pair.realtime(twice)) {
            pair.amy.put("give", new byte[4]);
            pair.refused(UnsatisfiableBehaviorException.class);
        }
        try (var pair = Pair.logical(twice)) {
            Check.thrown(UnsatisfiableBehaviorException.class, () -> pair.amy.await());
        }
    }

    public static void main(String[] arguments) throws Exception {
        inSync();
        inAwait();
        unsatisfiableIsAnotherThing();
    }
}
