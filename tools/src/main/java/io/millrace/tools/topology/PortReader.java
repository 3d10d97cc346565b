package io.millrace.tools.topology;

import io.millrace.tools.topology.Section.Context;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads both kinds of port: the switch's, under {@code x-millrace}, and the published ones. */
final class PortReader {
    private final Context context;

    PortReader(Context context) {
        this.context = context;
    }

    /** The connection with what {@code x-millrace} says about its port. */
    Connection plugged(Connection connection, Section ours) {
        var attach = ours.value("attach");
        var attachment = attach == null ? null : attachment(attach);
        var vlan = vlan(ours);
        var guard = ours.read("guard", Values::bool);
        boolean learn = ours.bool("learn", true);
        boolean flood = ours.bool("flood", true);
        var group = ours.read("group", Values::name);
        var macLimit = ours.integer("mac_limit", 1, Segment.MOST_MACS);
        var storm = ours.read("storm", PortReader::storm);
        var port = new SwitchPort(vlan, guard, learn, flood, group, macLimit, storm);
        return connection.with(attachment).with(port);
    }

    private static Integer storm(String text) {
        if (text.equals("off")) {
            return SwitchPort.NO_STORM_CAP;
        }
        try {
            return Values.integer(text, 1, SwitchPort.HIGHEST_STORM_CAP);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + ", or off", e);
        }
    }

    private Attachment attachment(Yaml value) {
        if (!(value instanceof Yaml.Fields mapping) || mapping.fields().size() != 1) {
            throw value.at()
                    .error("attach is one kind and a name, as in { veth: nginx0 }; the kinds are "
                            + Attachment.Kind.all());
        }
        var entry = mapping.fields().entrySet().iterator().next();
        var kind = Section.guarded(entry.getValue().at(), () -> Attachment.Kind.parse(entry.getKey()));
        return context.parse(entry.getKey(), entry.getValue().value(), name -> new Attachment(kind, name));
    }

    private static @Nullable Vlan vlan(Section ours) {
        var vlan = ours.section("vlan", Keys.VLAN);
        if (vlan == null) {
            return null;
        }
        var access = vlan.integer("access", 1, 4094);
        var trunk = new TreeSet<Integer>();
        for (var item : vlan.list("trunk", text -> Values.integer(text, 1, 4094))) {
            if (!trunk.add(item)) {
                throw vlan.at("trunk").error("trunk: VLAN " + item + " is named twice");
            }
        }
        var nativeVid = vlan.integer("native", 1, 4094);
        if (access != null && !vlan.has("trunk") && nativeVid == null) {
            return new Vlan.Access(access);
        }
        if (access != null || !vlan.has("trunk")) {
            throw vlan.at().error("vlan is either { access: 10 } or { trunk: [10, 20], native: 1 }");
        }
        return Section.guarded(vlan.at("trunk"), () -> new Vlan.Trunk(trunk, nativeVid));
    }

    /** One entry of {@code ports}, in the short or the long syntax. */
    PublishedPort published(Yaml item) {
        if (item instanceof Yaml.Text text) {
            return context.parse("ports", text, PublishedPort::parse);
        }
        var section = new Section(context, Keys.PORT, item);
        var target = section.read("target", PublishedPort::containerPorts);
        if (target == null) {
            throw section.at().error("a published port needs a 'target'");
        }
        var host = section.read("host_ip", PublishedPort::address);
        var published = section.read("published", PublishedPort::hostPorts);
        var protocol = section.read("protocol", PublishedPort.Protocol::parse, PublishedPort.Protocol.TCP);
        var mode = section.word("mode", PublishedPort.Mode.INGRESS);
        return Section.guarded(section.at("target"), () -> new PublishedPort(host, published, target, protocol, mode));
    }
}
