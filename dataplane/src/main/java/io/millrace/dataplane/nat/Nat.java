package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l3.IcmpErrors.Unreachable;
import io.millrace.dataplane.l3.RouteTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forwards between gateways, and translates. How a packet goes is decided once for each connection:
 *
 * <ol>
 *   <li>{@link Packet} takes it apart; {@link Sessions} finds the session by its {@link Tuple}.
 *   <li>For the first packet of a connection {@link Admission} decides whether it may pass, where it goes, and as whose:
 *       a published port ({@link Services}) or a hidden host ({@link Mappings}) gives it another destination, masquerade
 *       another source. That makes a session.
 *   <li>{@link Translation} writes the session's other tuple into the packet; it leaves for the {@link Hop} the session
 *       knows.
 * </ol>
 *
 * <p>An example: a client 192.0.2.9 connects to the published port 192.0.2.1:8080, which leads to 10.1.0.2:80.
 *
 * <pre>
 *  original  192.0.2.9:51000 > 192.0.2.1:8080     becomes  192.0.2.9:51000 > 10.1.0.2:80
 *  reply     10.1.0.2:80 > 192.0.2.9:51000        becomes  192.0.2.1:8080 > 192.0.2.9:51000
 * </pre>
 *
 * <p>The worker's thread; nothing is allocated for a packet or a connection.
 */
public final class Nat implements Graph.Beat {
    private static final String SESSIONS = "sessions";
    private static final String MAPPINGS = "mappings";

    /** Of the records as they are laid out; a file with another version is begun anew. */
    private static final int LAYOUT = 1;

    /** Records that one beat looks at: all of the default table within four seconds. */
    private static final int SWEPT = 8192;

    private static final int SWEPT_HOPS = 256;

    private final Graph graph;
    private final TranslationSettings settings;
    private final Packet packet;
    private final Segmenter segmenter;
    private final Sessions sessions;
    private final Mappings mappings;
    private final Services services = new Services();
    private final Reservations reservations = new Reservations(this);
    private final Hops hops = new Hops();
    private final RouteTable<Way> routes = new RouteTable<>();
    private final OwnAddresses own = new OwnAddresses();
    private final Translation translation;
    private final Life life;
    private final Admission admission;
    private final ErrorPassage errors;
    private final LateErrors late;
    private final Followers followers;
    private final Fragments.Room room = new Fragments.Room();
    private final Established established;
    final List<Gateway> gateways = new ArrayList<>();
    final Explanation explanation;

    /** The token of the session that began with the packet in hand. */
    int opened;

    /** ns by which the time in the records is ahead of the worker's. */
    private long ahead;

    public Nat(Graph graph, TranslationSettings settings) {
        this(graph, settings, null);
    }

    /**
     * The same, with sessions that outlive the process: when everything is wired and published, {@link #recover} comes first.
     *
     * @param kept where they are, made by {@link #keep}
     */
    public Nat(Graph graph, TranslationSettings settings, @Nullable StateFile kept) {
        this.graph = graph;
        this.settings = settings;
        this.packet = new Packet(graph.pool());
        this.explanation = new Explanation(this, packet);
        this.segmenter = new Segmenter(graph.pool());
        long salt = kept == null ? settings.random().getAsLong() : kept.seed();
        this.sessions = new Sessions(
                settings.maxSessions(),
                settings.random().getAsLong(),
                salt,
                settings.memory(),
                kept == null ? settings.memory() : _ -> kept.region(SESSIONS),
                this::ended);
        this.mappings = new Mappings(
                settings.maxSessions(),
                settings.firstPort(),
                settings.lastPort(),
                settings.parity(),
                settings.portLimit(),
                settings.random(),
                salt,
                settings.memory(),
                kept == null ? settings.memory() : _ -> kept.region(MAPPINGS));
        this.translation = new Translation(graph.pool().buffer(), sessions);
        this.life = new Life(sessions, settings.timeouts());
        this.admission = new Admission(this, settings, sessions, mappings, translation, life);
        this.errors = new ErrorPassage(this, graph.pool());
        this.late = new LateErrors(this, graph);
        this.followers = new Followers(this, graph, packet, settings.random().getAsLong());
        this.established = new Established(this, sessions, life, graph.pool());
        graph.each(this);
    }

    /**
     * Opens the file in which sessions outlive the process, or makes it.
     *
     * @param maxSessions as in the settings
     * @throws IOException when it cannot be used, in one sentence
     */
    public static StateFile keep(Path path, int maxSessions, Moment now) throws IOException {
        return StateFile.open(
                path,
                LAYOUT,
                now,
                new StateFile.Region(SESSIONS, maxSessions * Sessions.RECORD),
                new StateFile.Region(MAPPINGS, maxSessions * Mappings.RECORD));
    }

    /**
     * Takes up the sessions that another process left, those that the gateways and services of now let pass.
     *
     * @param ahead ns by which the file's time is ahead of the worker's
     */
    public Recovery.Result recover(long ahead) {
        this.ahead = ahead;
        return new Recovery(this, sessions, mappings, life).run(tick());
    }

    /** Adds an interface. */
    public void add(Gateway gateway) {
        gateways.add(gateway);
        own.add(gateway);
        gateway.renewMtu();
        for (var own : gateway.settings().addresses()) {
            var first = Way.masked(own.address(), own.prefix());
            long broadcast = own.address().isIpv4() && own.prefix() < 2 * Long.SIZE - 1
                    ? first.low() | ((1L << (2 * Long.SIZE - own.prefix())) - 1)
                    : 0;
            routes.add(first, own.prefix(), new Way(gateway, null, broadcast));
        }
    }

    /** Adds a route by a router behind an interface; null: its hosts are behind the interface themselves. */
    public void route(Ipv6Address first, int prefix, Gateway gateway, @Nullable Ipv6Address router) {
        routes.add(first, prefix, new Way(gateway, router, 0));
    }

    public Services services() {
        return services;
    }

    /**
     * Lets a service be found; its ports are given to no hidden host from now on.
     *
     * @return null, or the one that has its place
     */
    public @Nullable Service publish(Service service) {
        var other = services.publish(service);
        if (other == null) {
            reservations.renew(service.front());
        }
        return other;
    }

    /** Lets a service be found no longer; its connections end. */
    public void unpublish(Service service) {
        services.unpublish(service);
        reservations.renew(service.front());
        sessions.closeAll(service.id(), Sessions.NONE);
        services.release(service);
    }

    public List<Gateway> gateways() {
        return List.copyOf(gateways);
    }

    LateErrors late() {
        return late;
    }

    OwnAddresses own() {
        return own;
    }

    RouteTable<Way> routes() {
        return routes;
    }

    Hops hops() {
        return hops;
    }

    Established established() {
        return established;
    }

    Sessions sessions() {
        return sessions;
    }

    Mappings mappings() {
        return mappings;
    }

    Segmenter segmenter() {
        return segmenter;
    }

    /** An empty table for a gateway's fragments. */
    Fragments fragments(Fragments.Exit exit) {
        return new Fragments(graph.pool().buffer(), settings.random().getAsLong(), room, exit);
    }

    int tick() {
        return Sessions.tick(graph.now() + ahead);
    }

    // ------------------------------------------------------------------ frames

    /** Sees to the end of an IP packet that came in by {@code in}. */
    void take(Gateway in, long frame, boolean v6) {
        opened = Sessions.NONE;
        var flaw = packet.parse(frame, v6);
        if (flaw != null) {
            in.refuse(frame, flaw);
            return;
        }
        if (packet.isFragment()) {
            followers.take(in, frame);
            return;
        }
        switch (packet.kind) {
            case OPENING, ANSWER -> takeOrdinary(in, frame, tick());
            case ERROR -> takeError(in, frame);
            case FRAGMENT -> throw new AssertionError("a fragment that is none");
        }
    }

    private void takeError(Gateway in, long frame) {
        boolean own = own().isSeen(in, packet.tuple.destinationHigh, packet.tuple.destinationLow);
        if (!packet.quotes()) {
            in.local(frame, packet.v6); // neighbour discovery
        } else if (!admission.isSourceOf(in, packet.tuple)) {
            in.refuse(frame, Drop.IP_SOURCE);
        } else {
            errors.take(in, packet, frame, own);
        }
    }

    /** The token of the packet's session, old or new; {@link Sessions#NONE}: there is none, and the frame's end was seen to. */
    int session(Gateway in, long frame, int now) {
        long hash = sessions.hash(packet.tuple);
        int token = sessions.find(packet.tuple, hash, now);
        opened = token != Sessions.NONE ? Sessions.NONE : admission.admit(in, packet, frame, hash, now);
        return token != Sessions.NONE ? token : opened;
    }

    /** Translates and sends a packet of a session. */
    void forward(Gateway in, long frame, int token, int now) {
        var from = hop(token ^ 1);
        var to = hop(token);
        if (from == null || to == null) {
            in.refuse(frame, Drop.NO_ROUTE);
        } else if (from.gateway != in) {
            in.refuse(frame, Drop.IP_SOURCE);
        } else if (mayLeave(in, to, frame)) {
            switch (life.hear(in, packet, token, now)) {
                case Life.MISFIT -> in.refuse(frame, Drop.RESET_OUT_OF_WINDOW);
                case Life.OVER -> {
                    sessions.close(Sessions.record(token));
                    takeOrdinary(in, frame, now);
                }
                default -> {
                    translation.apply(packet, token, in.isUnfinished(frame));
                    leave(in, frame, to, token);
                }
            }
        }
    }

    private void takeOrdinary(Gateway in, long frame, int now) {
        int token = session(in, frame, now);
        if (token >= 0) {
            forward(in, frame, token, now);
        }
    }

    private void leave(Gateway in, long frame, Hop to, int token) {
        int mtu = to.gateway.mtu();
        boolean isTooLong = in.isTooLong(frame, packet.totalLength, mtu);
        if (isTooLong || packet.isFragment()) {
            followers.renumber(in, frame, token, isTooLong);
        }
        if (isTooLong) {
            in.leaveCut(frame, to, token, mtu);
        } else {
            in.leave(frame, to, token);
        }
    }

    /** Whether a packet can go on; if not, its end is seen to. */
    boolean mayLeave(Gateway in, Hop to, long frame) {
        if (packet.timeToLive() <= 1) {
            in.complaints().timeExceeded(frame);
            in.refuse(frame, Drop.TIME_EXCEEDED);
            return false;
        }
        int mtu = to.gateway.mtu();
        if (in.isTooLong(frame, packet.totalLength, mtu) && !packet.mayFragment()) {
            in.complaints().tooBig(frame, mtu);
            in.refuse(frame, Drop.EXCEEDS_MTU);
            return false;
        }
        return true;
    }

    /** The next hop of packets of one direction, found again when the session does not know it any more. */
    @Nullable
    Hop hop(int token) {
        int at = Sessions.at(Sessions.record(token)) + Sessions.HOPS + 2 * Sessions.direction(token);
        int number = sessions.memory().getShort(at) & 0xFFFF;
        return number != Hops.NONE ? hops.get(number) : admission.hopAgain(token, at);
    }

    /** How many packets a frame stands for. */
    int segments(long frame) {
        return Frame.isOffloaded(frame) && segmenter.wrap(frame) ? segmenter.left() : 1;
    }

    /** The longest packet's frame that a frame stands for, in bytes. */
    int longest(long frame) {
        return Offload.isSegmented(graph.pool().offload(frame)) && segmenter.wrap(frame)
                ? segmenter.longest()
                : Frame.length(frame);
    }

    // ------------------------------------------------------------------ time

    /** A session goes on that another process began. */
    void resumed(int record) {
        admission.resumed(record);
    }

    private void ended(int record) {
        admission.ended(record);
        var records = sessions.memory();
        int at = Sessions.at(record);
        int mapping = records.getInt(at + Sessions.MAPPING) - 1;
        if (mapping >= 0) {
            mappings.leave(mapping, tick());
        }
        for (int direction = 0; direction < 2; direction++) {
            int hop = records.getShort(at + Sessions.HOPS + 2 * direction) & 0xFFFF;
            if (hop != Hops.NONE) {
                hops.get(hop).sessions--;
            }
        }
    }

    /** Some records are looked at, few enough to take no longer than a tenth of a millisecond or two. */
    @Override
    public void beat(long now) {
        sessions.sweep(tick(), SWEPT);
        mappings.sweep(tick(), SWEPT);
        hops.sweep(SWEPT_HOPS);
        for (int i = 0; i < gateways.size(); i++) {
            gateways.get(i).fragments().age(now);
            gateways.get(i).renewMtu();
        }
    }

    /** How an ICMP error is told, for {@link Admission}. */
    static void refuse(Gateway in, long frame, Drop why, Unreachable told) {
        in.complaints().unreachable(frame, told);
        in.refuse(frame, why);
    }
}
