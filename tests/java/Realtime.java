// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Future;
import org.reowolf.ConnectorException;
import org.reowolf.ConnectorTimeoutException;
import org.reowolf.Connector;
import org.reowolf.InvalidDescriptionException;
import org.reowolf.NegotiationException;
import org.reowolf.RealtimeConnector;
import org.reowolf.UnsatisfiableBehaviorException;

/** Real-time connectors: what the draft says of each call. */
final class Realtime {
    private static final String BOTH_WAYS =
            "connector both_ways {\n"
                    + "    peer amy = \"$\" { in<u32> give; out<string> take; }\n"
                    + "    peer bob = \"$\" { in<string> give; out<u32> take; }\n"
                    + "    new pass(amy.give, bob.take);\n"
                    + "    new pass(bob.give, amy.take);\n"
                    + "}\n"
                    + "primitive pass<T>(in<T> a, out<T> b) {\n"
                    + "    while (true) sync if (fires(a)) put(b, get(a));\n"
                    + "}\n";
    private static final String ONCE =
            "connector once {\n"
                    + "    peer amy = \"$\" { in<u8[]> give; }\n"
                    + "    peer bob = \"$\" { out<u8[]> take; }\n"
                    + "    new pass(amy.give, bob.take);\n"
                    + "}\n"
                    + "primitive pass(in<u8[]> a, out<u8[]> b) { sync put(b, get(a)); }\n";

    /** 8 * 8 * 8 numbers and one more: 4,104 bytes. */
    private static final String WIDE =
            "struct Row { u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h }\n"
                    + "struct Face { Row a, Row b, Row c, Row d, Row e, Row f, Row g, Row h }\n"
                    + "struct Cube { Face a, Face b, Face c, Face d, Face e, Face f, Face g, Face h }\n"
                    + "connector wide {\n"
                    + "    peer amy = \"$\" { in<(Cube, u64)> give; in<u32> count; }\n"
                    + "    peer bob = \"$\" { out<(Cube, u64)> take; out<u32> number; }\n"
                    + "    new pass(amy.give, bob.take);\n"
                    + "    new pass(amy.count, bob.number);\n"
                    + "}\n"
                    + "primitive pass<T>(in<T> a, out<T> b) { while (true) sync put(b, get(a)); }\n";

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
    }

    private static int number(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void roundsCarryValues() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            for (int i = 0; i < 100; ++i) {
                final byte[] taken = new byte[4];
                final byte[] heard = new byte[16];
                final byte[] given = number(i);
                pair.amy.put("give", given);
                Arrays.fill(given, (byte) 0xEE); // it was copied
                pair.bob.put("give", bytes("zażółć " + i));
                pair.amy.get("take", heard);
                pair.bob.get("take", taken);
                Check.equal(0, number(taken));
                Check.that(!pair.round(), "it has expired");
                Check.equal(i, number(taken));
                final byte[] expected = bytes("zażółć " + i);
                Check.equal(expected.length, pair.amy.length("take"));
                Check.that(
                        Arrays.equals(expected, Arrays.copyOf(heard, expected.length)), "text");
            }
        }
    }

    private static void whatIsPreparedIsReplacedAndTakenBack() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final byte[] taken = new byte[4];
            pair.amy.put("give", number(1));
            pair.amy.put("give", number(2));
            pair.bob.opt("take", taken);
            pair.bob.get("take", taken);
            pair.round();
            Check.equal(2, number(taken));
            pair.amy.put("give", number(3));
            pair.amy.put("give", null);
            pair.bob.get("take", taken);
            pair.bob.get("take", null);
            pair.round();
            Check.equal(2, number(taken));
            Check.that(!pair.bob.decide("take", taken), "the port has fired");
        }
    }

    private static void optFiresOrNot() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            for (int i = 0; i < 6; ++i) {
                final byte[] taken = number(-1);
                if (i % 2 == 0) {
                    pair.amy.put("give", number(i));
                }
                pair.bob.opt("take", taken);
                pair.round();
                Check.equal(i % 2 == 0 ? i : -1, number(taken));
                Check.equal(i % 2 == 0, pair.bob.decide("take", new byte[4]));
                for (final int size : new int[] {0, 3, 5}) {
                    final byte[] other = new byte[size];
                    Check.thrown(
                            IllegalArgumentException.class, () -> pair.bob.decide("take", other));
                    Check.that(Arrays.equals(new byte[size], other), "it was written to");
                }
            }
        }
    }

    private static void aLongValueIsThereWhole() throws Exception {
        try (var pair = Pair.realtime(ONCE)) {
            final byte[] given = new byte[1 << 20];
            for (int i = 0; i < given.length; ++i) {
                given[i] = (byte) (i * 7);
            }
            final byte[] room = new byte[10];
            pair.amy.put("give", given);
            pair.bob.get("take", room);
            Check.that(pair.round(), "all components have ended, it should have expired");
            Check.that(Arrays.equals(room, Arrays.copyOf(given, 10)), "the first bytes");
            Check.equal(given.length, pair.bob.length("take"));
            final byte[] whole = new byte[given.length];
            Check.that(pair.bob.decide("take", whole), "the port has not fired");
            Check.that(Arrays.equals(given, whole), "the bytes");
        }
    }

    /** Also one that stands beside others in the same round. */
    private static void aWideValueOfFixedSizeFits() throws Exception {
        try (var pair = Pair.realtime(WIDE)) {
            final byte[] given = new byte[4104];
            for (int i = 0; i < given.length; ++i) {
                given[i] = (byte) (i * 7);
            }
            for (int i = 0; i < 3; ++i) {
                given[0] = (byte) i;
                final byte[] taken = new byte[4104];
                final byte[] count = new byte[4];
                pair.amy.put("give", given);
                pair.amy.put("count", number(i));
                pair.bob.get("number", count);
                pair.bob.get("take", taken);
                pair.bob.or();
                pair.bob.get("take", new byte[4104]);
                pair.round();
                Check.equal(0, pair.bob.chosen());
                Check.that(Arrays.equals(given, taken), "the bytes");
                Check.equal(i, number(count));
            }
            final RuntimeException wrong =
                    Check.thrown(
                            IllegalArgumentException.class,
                            () -> pair.bob.get("take", new byte[5000]));
            Check.that(wrong.getMessage().contains("5000"), wrong.getMessage());
        }
    }

    private static void whatDoesNotFitChangesNothing() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final byte[] taken = number(-1);
            pair.bob.get("take", taken);
            final var amy =
                    Check.begin(
                            () ->
                                    Check.thrown(
                                            UnsatisfiableBehaviorException.class,
                                            () -> pair.amy.sync()));
            final ConnectorException bob =
                    Check.thrown(UnsatisfiableBehaviorException.class, () -> pair.bob.sync());
            Check.finish(amy);
            Check.that(bob.getMessage().contains("amy"), bob.getMessage());
            Check.equal(-1, number(taken));
            pair.amy.put("give", number(5)); // what was missing; the get is still prepared
            pair.round();
            Check.equal(5, number(taken));
        }
    }

    private static void eachAlternativeHasItsArrays() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            for (int i = 0; i < 6; ++i) {
                final byte[] alone = number(-1);
                final byte[] along = number(-1);
                pair.amy.put("give", number(i));
                pair.bob.get("take", alone);
                pair.bob.or();
                pair.bob.get("take", along);
                pair.bob.put("give", bytes("too"));
                if (i % 2 == 1) {
                    pair.amy.get("take", new byte[3]);
                }
                pair.round();
                Check.equal(i % 2, pair.bob.chosen());
                Check.equal(i % 2 == 0 ? i : -1, number(alone));
                Check.equal(i % 2 == 1 ? i : -1, number(along));
            }
        }
    }

    /** Its number may be another's by then. */
    private static void aClosedConnectorIsNoOther() throws Exception {
        final RealtimeConnector closed = new RealtimeConnector();
        closed.configure("self amy;\n" + Check.withAddresses(BOTH_WAYS));
        closed.close();
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            Check.thrown(IllegalStateException.class, () -> closed.put("give", number(1)));
            Check.equal(9, Check.thrown(ConnectorException.class, () -> closed.sync()).errno());
            Check.thrown(IllegalStateException.class, () -> closed.length("give"));
            closed.close();
            final byte[] taken = number(-1);
            pair.amy.put("give", number(7));
            pair.bob.get("take", taken);
            pair.round();
            Check.equal(7, number(taken));
        }
    }

    /** A thread is inside of sync() when this returns. While we ask, it may be refused. */
    private static Future<Boolean> beginToWait(RealtimeConnector connector) {
        final var waiting =
                Check.begin(
                        () -> {
                            while (true) {
                                try {
                                    return connector.sync();
                                } catch (ConnectorException asked) {
                                    Check.equal(16, asked.errno()); // EBUSY
                                }
                            }
                        });
        while (true) {
            try {
                connector.length("give");
                Thread.onSpinWait();
            } catch (IllegalStateException inside) {
                return waiting;
            }
        }
    }

    private static void closingInsideOfACallIsRefused() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final var waiting = beginToWait(pair.amy);
            Check.thrown(IllegalStateException.class, () -> pair.amy.close());
            pair.bob.sync();
            Check.finish(waiting);
            pair.round(); // it is still there
        }
    }

    /** Calls leave what they are given as it is, and those that fail leave what was prepared. */
    private static void mistakesChangeNothing() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final byte[] given = number(5);
            final byte[] taken = number(-1);
            pair.amy.put("give", given);
            pair.bob.get("take", taken);
            Check.thrown(IllegalArgumentException.class, () -> pair.amy.put("give", new byte[3]));
            Check.thrown(IllegalArgumentException.class, () -> pair.bob.get("take", new byte[3]));
            Check.thrown(IllegalArgumentException.class, () -> pair.bob.opt("take", new byte[5]));
            Check.thrown(IllegalArgumentException.class, () -> pair.bob.put("take", number(1)));
            Check.equal(5, number(given));
            Check.equal(-1, number(taken));
            pair.round();
            Check.equal(5, number(given));
            Check.equal(5, number(taken));
        }
    }

    private static void timeoutsNameWhoIsMissing() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            pair.amy.timeout(Duration.ofMillis(50));
            final ConnectorException late =
                    Check.thrown(ConnectorTimeoutException.class, () -> pair.amy.sync());
            Check.that(late.getMessage().contains("bob"), late.getMessage());
            pair.amy.timeout(null);
            pair.round();
        }
    }

    private static void aPeerThatLeavesIsNoticed() throws Exception {
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            pair.bob.close();
            final ConnectorException gone =
                    Check.thrown(ConnectorException.class, () -> pair.amy.sync());
            Check.equal(32, gone.errno()); // EPIPE
        }
    }

    private static void descriptionsAreChecked() throws Exception {
        final String wrong = "connector c { peer amy = \"127.0.0.1:1\" { in<u33> a; } }";
        final InvalidDescriptionException said =
                Check.thrown(
                        InvalidDescriptionException.class, () -> Connector.checkdesc(wrong));
        Check.that(said.getMessage().contains(":1:"), said.getMessage());
        try (RealtimeConnector connector = new RealtimeConnector()) {
            Check.thrown(
                    InvalidDescriptionException.class, () -> connector.configure(wrong));
            Check.thrown(
                    InvalidDescriptionException.class, () -> connector.configure("self a;\0"));
            connector.configure("self amy;\n" + Check.withAddresses(BOTH_WAYS));
        }
        Connector.checkdesc("self amy;\n" + Check.withAddresses(BOTH_WAYS));
    }

    private static void differentProtocolsAreRefused() throws Exception {
        final String protocol = Check.withAddresses(BOTH_WAYS);
        try (RealtimeConnector amy = new RealtimeConnector();
                RealtimeConnector bob = new RealtimeConnector()) {
            amy.configure("self amy;\n" + protocol);
            bob.configure("self bob;\n" + protocol.replace("fires(a)", "!!fires(a)"));
            final var refused =
                    Check.begin(
                            () -> Check.thrown(NegotiationException.class, () -> amy.connect()));
            Check.thrown(NegotiationException.class, () -> bob.connect());
            Check.finish(refused);
        }
    }

    /** What declares IOException throws nothing else. */
    private static void mistakesAreCheckedWhereDeclared() throws Exception {
        try (RealtimeConnector idle = new RealtimeConnector()) {
            Check.equal(107, Check.thrown(ConnectorException.class, () -> idle.connect()).errno());
            Check.equal(107, Check.thrown(ConnectorException.class, () -> idle.sync()).errno());
            Check.equal(107, Check.thrown(ConnectorException.class, () -> idle.close("x")).errno());
        }
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final RealtimeConnector amy = pair.amy;
            Check.equal(106, Check.thrown(ConnectorException.class, () -> amy.connect()).errno());
            Check.equal(106, Check.thrown(ConnectorException.class, () -> amy.configure("")).errno());
            Check.equal(2, Check.thrown(ConnectorException.class, () -> amy.close("no")).errno());
            final var waiting = beginToWait(amy);
            Check.equal(16, Check.thrown(ConnectorException.class, () -> amy.sync()).errno());
            pair.bob.sync();
            Check.finish(waiting);
        }
    }

    private static void mistakesAreUnchecked() throws Exception {
        final RealtimeConnector idle = new RealtimeConnector();
        Check.thrown(IllegalStateException.class, () -> idle.put("give", number(1)));
        idle.close();
        idle.close();
        Check.thrown(IllegalStateException.class, () -> idle.put("give", number(1)));
        try (var pair = Pair.realtime(BOTH_WAYS)) {
            final RealtimeConnector amy = pair.amy;
            Check.thrown(IllegalArgumentException.class, () -> amy.put("nothing", number(1)));
            Check.thrown(IllegalArgumentException.class, () -> amy.put("take", number(1)));
            Check.thrown(IllegalArgumentException.class, () -> amy.get("give", number(1)));
            Check.thrown(IllegalArgumentException.class, () -> amy.put("give", new byte[3]));
            Check.thrown(
                    IllegalArgumentException.class,
                    () -> pair.bob.put("give", new byte[] {(byte) 0xFF}));
            Check.thrown(IllegalArgumentException.class, () -> amy.put("give\0", number(1)));
            final var nameless =
                    Check.thrown(NullPointerException.class, () -> amy.put(null, number(1)));
            Check.equal("the name of the port is null", nameless.getMessage());
            final var waiting = beginToWait(amy);
            final RuntimeException busy =
                    Check.thrown(IllegalStateException.class, () -> amy.put("give", null));
            Check.that(busy.getMessage().contains("thread"), busy.getMessage());
            pair.bob.sync();
            Check.finish(waiting);
        }
    }

    public static void main(String[] arguments) throws Exception {
        roundsCarryValues();
        whatIsPreparedIsReplacedAndTakenBack();
        optFiresOrNot();
        aLongValueIsThereWhole();
        aWideValueOfFixedSizeFits();
        whatDoesNotFitChangesNothing();
        mistakesChangeNothing();
        eachAlternativeHasItsArrays();
        aClosedConnectorIsNoOther();
        closingInsideOfACallIsRefused();
        timeoutsNameWhoIsMissing();
        aPeerThatLeavesIsNoticed();
        descriptionsAreChecked();
        differentProtocolsAreRefused();
        mistakesAreCheckedWhereDeclared();
        mistakesAreUnchecked();
    }
}
