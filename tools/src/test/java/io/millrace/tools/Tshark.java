package io.millrace.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * How tshark reads a capture, with every protocol above ours switched off, without reassembly, with all checksums
 * verified: the same shape as the recorded readings have.
 */
final class Tshark {
    private static final Set<String> ENABLED = Set.of(
            ("frame eth ethertype sll vlan ieee8021ad arp ip ipv6 ipv6.fraghdr ipv6.hopopts ipv6.dstopts ipv6.routing tcp"
                            + " udp icmp icmpv6 vxlan dns llc null loop igmp data raw _ws.malformed _ws.short"
                            + " _ws.unreassembled _ws.type_length")
                    .split(" "));

    /** For each layer: key, tshark's field, and how its value is written (s as it is, d decimal, b boolean). */
    private static final Map<String, String> FIELDS = Map.ofEntries(
            Map.entry("eth", "dst=eth.dst:s src=eth.src:s type=eth.type:s len=eth.len:d"),
            Map.entry("sll", "type=sll.etype:s"),
            Map.entry("vlan", "pcp=vlan.priority:d dei=vlan.dei:b id=vlan.id:d type=vlan.etype:s"),
            Map.entry("ieee8021ad", "pcp=ieee8021ad.priority:d dei=ieee8021ad.dei:b id=ieee8021ad.id:d"),
            Map.entry(
                    "arp",
                    "op=arp.opcode:d sha=arp.src.hw_mac:s spa=arp.src.proto_ipv4:s tha=arp.dst.hw_mac:s"
                            + " tpa=arp.dst.proto_ipv4:s"),
            Map.entry(
                    "ip",
                    "ver=ip.version:d hl=ip.hdr_len:d tos=ip.dsfield:s len=ip.len:d id=ip.id:s df=ip.flags.df:b"
                            + " mf=ip.flags.mf:b off=ip.frag_offset:d ttl=ip.ttl:d proto=ip.proto:d ck=ip.checksum:s"
                            + " ckst=ip.checksum.status:d src=ip.src:s dst=ip.dst:s"),
            Map.entry(
                    "ipv6",
                    "tc=ipv6.tclass:s flow=ipv6.flow:s plen=ipv6.plen:d nxt=ipv6.nxt:d hlim=ipv6.hlim:d"
                            + " src=ipv6.src:s dst=ipv6.dst:s"),
            Map.entry(
                    "ipv6.fraghdr",
                    "nxt=ipv6.fraghdr.nxt:d off=ipv6.fraghdr.offset:d mf=ipv6.fraghdr.more:b"
                            + " id=ipv6.fraghdr.ident:s"),
            Map.entry("ipv6.hopopts", "nxt=ipv6.hopopts.nxt:d"),
            Map.entry("ipv6.dstopts", "nxt=ipv6.dstopts.nxt:d"),
            Map.entry("ipv6.routing", "nxt=ipv6.routing.nxt:d type=ipv6.routing.type:d left=ipv6.routing.segleft:d"),
            Map.entry(
                    "tcp",
                    "sp=tcp.srcport:d dp=tcp.dstport:d seq=tcp.seq:d ack=tcp.ack:d hl=tcp.hdr_len:d"
                            + " flags=tcp.flags:s win=tcp.window_size_value:d ck=tcp.checksum:s"
                            + " ckst=tcp.checksum.status:d urg=tcp.urgent_pointer:d"),
            Map.entry(
                    "udp",
                    "sp=udp.srcport:d dp=udp.dstport:d len=udp.length:d ck=udp.checksum:s"
                            + " ckst=udp.checksum.status:d"),
            Map.entry(
                    "icmp",
                    "type=icmp.type:d code=icmp.code:d ck=icmp.checksum:s ckst=icmp.checksum.status:d"
                            + " id=icmp.ident:d seq=icmp.seq:d mtu=icmp.mtu:d"),
            Map.entry(
                    "icmpv6",
                    "type=icmpv6.type:d code=icmpv6.code:d ck=icmpv6.checksum:s ckst=icmpv6.checksum.status:d"
                            + " mtu=icmpv6.mtu:d"),
            Map.entry("vxlan", "vni=vxlan.vni:d"),
            Map.entry(
                    "dns",
                    "id=dns.id:s flags=dns.flags:s qd=dns.count.queries:d an=dns.count.answers:d"
                            + " ns=dns.count.auth_rr:d ar=dns.count.add_rr:d"));

    private Tshark() {}

    static boolean isHere() {
        try {
            return new ProcessBuilder("tshark", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads a capture; {@code folder} is for tshark's settings. */
    static List<Map<String, Object>> read(Path capture, Path folder) throws IOException, XMLStreamException {
        settings(folder);
        var process = run(
                folder,
                ("-n -T pdml -o ip.defragment:FALSE -o ipv6.defragment:FALSE -o ip.check_checksum:TRUE"
                                + " -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.desegment_tcp_streams:FALSE"
                                + " -o tcp.relative_sequence_numbers:FALSE -o tcp.analyze_sequence_numbers:FALSE -r "
                                + capture)
                        .split(" "));
        try (var in = process.getInputStream()) {
            return new Pdml(in).packets();
        }
    }

    private static void settings(Path folder) throws IOException {
        Path disabled = folder.resolve("disabled_protos");
        if (Files.exists(disabled)) {
            return;
        }
        var names = new TreeSet<String>();
        try (var in = run(folder, "-G", "protocols").inputReader()) {
            in.lines().map(line -> line.split("\t")[2]).forEach(names::add);
        }
        names.removeAll(ENABLED);
        Files.write(disabled, names);
    }

    private static Process run(Path folder, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("tshark"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("WIRESHARK_CONFIG_DIR", folder.toString());
        return builder.start();
    }

    /** PDML's protocols and fields, flattened: what is inside an ICMP error is quoted. */
    private static final class Pdml {
        private final XMLStreamReader xml;
        private final List<Map<String, Object>> packets = new ArrayList<>();
        private List<Map<String, Object>> layers = new ArrayList<>();
        private final List<Map<String, Object>> open = new ArrayList<>();

        Pdml(InputStream in) throws XMLStreamException {
            xml = XMLInputFactory.newDefaultFactory().createXMLStreamReader(in);
        }

        List<Map<String, Object>> packets() throws XMLStreamException {
            while (xml.hasNext()) {
                switch (xml.next()) {
                    case XMLStreamConstants.START_ELEMENT -> start(xml.getLocalName());
                    case XMLStreamConstants.END_ELEMENT -> {
                        if (!xml.getLocalName().equals("packet")
                                && !xml.getLocalName().equals("pdml")) {
                            open.removeLast();
                        }
                    }
                    default -> {}
                }
            }
            return packets;
        }

        private void start(String element) {
            if (element.equals("packet")) {
                layers = new ArrayList<>();
                open.clear();
                packets.add(new LinkedHashMap<>(Map.of("layers", layers)));
                return;
            }
            if (element.equals("pdml")) {
                return;
            }
            String name = xml.getAttributeValue(null, "name");
            var parent = open.isEmpty() ? null : open.getLast();
            if (name != null && name.startsWith("_ws.") && element.equals("proto")) {
                packets.getLast().put("exc", name);
            }
            if (name != null && FIELDS.containsKey(name)) {
                open.add(layer(name, parent));
                return;
            }
            if (parent != null && name != null) {
                field(parent, name, xml.getAttributeValue(null, "show"));
            }
            open.add(parent == null ? new HashMap<>() : parent);
        }

        private Map<String, Object> layer(String name, Map<String, Object> parent) {
            var layer = new LinkedHashMap<String, Object>();
            layer.put("p", name);
            if (parent != null
                    && !parent.containsKey("quoted")
                    && ("icmp".equals(parent.get("p")) || "icmpv6".equals(parent.get("p")))) {
                layers = new ArrayList<>();
                parent.put("quoted", layers);
            }
            layers.add(layer);
            return layer;
        }

        @SuppressWarnings("unchecked")
        private static void field(Map<String, Object> layer, String name, String show) {
            String protocol = (String) layer.get("p");
            if (protocol == null) {
                return;
            }
            if (name.equals("dns.qry.name")) {
                ((List<Object>) layer.computeIfAbsent("qname", k -> new ArrayList<>())).add(show);
            } else if (name.equals("dns.qry.type")) {
                ((List<Object>) layer.computeIfAbsent("qtype", k -> new ArrayList<>())).add(Integer.decode(show));
            }
            for (String entry : FIELDS.getOrDefault(protocol, "").split(" ")) {
                int equals = entry.indexOf('=');
                int colon = entry.lastIndexOf(':');
                if (equals > 0 && entry.substring(equals + 1, colon).equals(name)) {
                    layer.putIfAbsent(entry.substring(0, equals), value(entry.charAt(colon + 1), show));
                }
            }
        }

        private static Object value(char kind, String show) {
            return switch (kind) {
                case 'd' -> Long.decode(show);
                case 'b' -> show.equals("1") || show.equals("True") ? 1L : 0L;
                default -> show;
            };
        }
    }
}
