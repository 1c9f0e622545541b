// SPDX-License-Identifier: MIT
import org.reowolf.Connector;
import org.reowolf.DynamicConnector;
import org.reowolf.LogicalConnector;
import org.reowolf.RealtimeConnector;

/** The peers amy and bob of one protocol, as threads. */
final class Pair<A extends Connector, B extends Connector> implements AutoCloseable {
    final String protocol;
    final A amy;
    final B bob;

    /** Configured and connected; the body has '$' for each address. */
    Pair(A amy, B bob, String body) throws Exception {
        this.amy = amy;
        this.bob = bob;
        protocol = Check.withAddresses(body);
        amy.configure("self amy;\n" + protocol);
        bob.configure("self bob;\n" + protocol);
        connect(amy, bob);
    }

    static Pair<RealtimeConnector, RealtimeConnector> realtime(String body) throws Exception {
        return new Pair<>(new RealtimeConnector(), new RealtimeConnector(), body);
    }

    static Pair<LogicalConnector, LogicalConnector> logical(String body) throws Exception {
        return new Pair<>(new LogicalConnector(), new LogicalConnector(), body);
    }

    static Pair<DynamicConnector, DynamicConnector> dynamic(String body) throws Exception {
        return new Pair<>(new DynamicConnector(), new DynamicConnector(), body);
    }

    /** Connectors that are configured find each other. */
    static void connect(Connector one, Connector other) throws Exception {
        final Check.Action second = other::connect;
        final var connecting = Check.begin(Check.done(one::connect));
        second.run();
        Check.finish(connecting);
    }

    /** sync or await, whichever the connector has. */
    static boolean step(Connector connector) throws Exception {
        return connector instanceof RealtimeConnector
                ? ((RealtimeConnector) connector).sync()
                : ((LogicalConnector) connector).await();
    }

    /** A round of both; whether with it the protocol has expired. */
    boolean round() throws Exception {
        final var expired = Check.together(() -> step(amy), () -> step(bob));
        Check.equal(expired.get(0), expired.get(1));
        return expired.get(0);
    }

    /** Both fail in this way; what amy is told is returned. */
    <T extends Throwable> T refused(Class<T> how) throws Exception {
        final var amys = Check.begin(() -> Check.thrown(how, () -> step(amy)));
        Check.thrown(how, () -> step(bob));
        return Check.finish(amys);
    }

    @Override
    public void close() {
        amy.close();
        bob.close();
    }
}
