package io.millrace.tools.topology;

import io.millrace.tools.topology.Section.Context;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.Clash;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.publish.PublishedPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a topology file says. Every mistake in it is a {@link Failure} of one sentence: {@code topology.yaml:12:5: unknown
 * key 'netwroks'; did you mean 'networks'?}
 *
 * @param notes what is worth saying although nothing is wrong: {@code image, volumes: not used}
 */
public record TopologyFile(Topology topology, List<String> notes) {
    public TopologyFile {
        notes = List.copyOf(notes);
    }

    /** Reads a file, its variables from this process' environment. */
    public static TopologyFile read(Path path) {
        try (var in = Files.newInputStream(path)) {
            // One byte more than is allowed, so that a file without end is noticed.
            return read(path.toString(), project(path), in.readNBytes(YamlFile.LARGEST + 1), System::getenv);
        } catch (IOException e) {
            var why =
                    Files.isDirectory(path) ? "is a directory" : Files.exists(path) ? "cannot be read" : "no such file";
            throw Failure.usage(path + ": " + why);
        }
    }

    /**
     * Reads the content of a file.
     *
     * @param file what sentences call it
     * @param project the name of a topology that names itself not
     * @param environment answers null for a variable that is not set
     */
    static TopologyFile read(String file, String project, byte[] content, UnaryOperator<@Nullable String> environment) {
        var notes = new Notes();
        var context = new Context(new Variables(environment, notes.sentences), notes);
        var root = YamlFile.read(file, content);
        var top = new Section(context, Keys.TOP, root);
        if (!top.has("networks") && !top.has("services") && !top.has("x-millrace")) {
            throw root.at().error("nothing in it: a topology has 'networks' and 'services'");
        }
        var topology = new Reading(context, top, chosen(environment)).topology(project);
        return new TopologyFile(topology, notes.all());
    }

    private static Set<String> chosen(UnaryOperator<@Nullable String> environment) {
        var profiles = environment.apply("COMPOSE_PROFILES");
        return profiles == null ? Set.of() : Set.of(profiles.split(",", -1));
    }

    /** As Compose: the directory's name, in lower case, without the characters that a project cannot have. */
    private static String project(Path path) {
        var directory = path.toAbsolutePath().normalize().getParent();
        var name = directory == null || directory.getFileName() == null
                ? ""
                : directory.getFileName().toString();
        name = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "").replaceAll("^[_-]+", "");
        return name.isEmpty() ? "millrace" : name;
    }

    /** One pass over one file. */
    private static final class Reading {
        private final Context context;
        private final Section top;
        private final Set<String> profiles;
        private final Map<String, Network> networks = new LinkedHashMap<>();
        private final Map<String, Service> services = new LinkedHashMap<>();

        Reading(Context context, Section top, Set<String> profiles) {
            this.context = context;
            this.top = top;
            this.profiles = profiles;
        }

        Topology topology(String project) {
            var ours = top.section("x-millrace", Keys.TOP_OURS);
            var uplink = ours == null ? null : NetworkReader.hostInterface(ours, "uplink");
            var underlay = ours == null ? null : NetworkReader.hostInterface(ours, "underlay");
            var workers = ours == null ? null : ours.integer("workers", 1, 64);
            var idle = ours == null ? Topology.Idle.POLL : ours.word("idle", Topology.Idle.POLL);
            var name = top.read("name", Reading::projectName, project);
            networks.putAll(top.entries("networks", Values::name, new NetworkReader(context, underlay)::network));
            if (underlay == null) {
                networks.forEach(this::noteAlone);
            }
            var declared = new LinkedHashSet<>(networks.keySet());
            var serviceReader = new ServiceReader(context, declared);
            services.putAll(top.entries("services", Values::name, serviceReader::service));
            top.entries("services", Values::name, (service, value) -> serviceReader.profiles(value))
                    .forEach(this::leaveOut);
            services.values()
                    .forEach(service ->
                            service.networks().keySet().forEach(n -> implied(serviceReader, declared, service, n)));
            var nat = ours == null ? NatSettings.DEFAULT : GatewayReader.nat(ours);
            if (uplink == null) {
                services.values().forEach(this::noteUnreachable);
            }
            return made(name, uplink, underlay, workers == null ? 1 : workers, idle, nat);
        }

        private Topology made(
                String name,
                @Nullable HostInterface uplink,
                @Nullable HostInterface underlay,
                int workers,
                Topology.Idle idle,
                NatSettings nat) {
            try {
                var topology = new Topology(name, networks, services, uplink, underlay, workers, idle, nat);
                if (uplink != null) {
                    notePublished(PublishedPorts.of(topology));
                }
                return topology;
            } catch (Clash clash) {
                throw Section.complaint(at(clash.where()), clash);
            }
        }

        /** Where the service or network is written, else what {@code x-millrace} says of the host. */
        private Yaml.Place at(String where) {
            if (services.containsKey(where) || networks.containsKey(where)) {
                return top.keyAt(services.containsKey(where) ? "services" : "networks", where);
            }
            return top.keyAt("x-millrace", where);
        }

        private void notePublished(PublishedPorts ports) {
            for (var service : services.values()) {
                if (service.publishes() && ports.of(service.name()).isEmpty()) {
                    context.notes()
                            .sentences
                            .add("service " + Keys.quote(service.name()) + " publishes ports, but no network of it has "
                                    + "a gateway that leads out: nobody reaches them");
                }
            }
        }

        private void noteUnreachable(Service service) {
            if (service.publishes()) {
                context.notes()
                        .sentences
                        .add("service " + Keys.quote(service.name()) + " publishes ports, but there is no 'uplink': "
                                + "nobody reaches them");
            }
        }

        private void noteAlone(String key, Network network) {
            if (network instanceof Network.Overlay overlay && overlay.vtep().namesOthers()) {
                context.notes()
                        .sentences
                        .add("network " + Keys.quote(key) + " names other hosts, but there is no 'underlay': "
                                + "overlays connect the ports of this host only");
            }
        }

        private void leaveOut(String service, List<String> its) {
            if (!its.isEmpty() && !profiles.contains("*") && its.stream().noneMatch(profiles::contains)) {
                services.remove(service);
                context.notes()
                        .sentences
                        .add("service " + Keys.quote(service) + " is left out: COMPOSE_PROFILES names none of "
                                + String.join(", ", its));
            }
        }

        /** The networks that a service may name without the file declaring them. */
        private void implied(ServiceReader serviceReader, Set<String> declared, Service service, String network) {
            boolean mode = serviceReader.byMode(service.name());
            if (mode && declared.contains(network)) {
                throw top.keyAt("networks", network)
                        .error("network_mode " + Keys.quote(network)
                                + " means Docker's own network of that name; call this one otherwise");
            }
            if (network.startsWith("service:") && !services.containsKey(network.substring(8))) {
                throw top.keyAt("services", service.name())
                        .error("network_mode " + Keys.quote(network) + ": no such service");
            }
            networks.computeIfAbsent(network, Reading::implied);
        }

        private static Network implied(String network) {
            return switch (network) {
                case "host" -> new Network.Host(network);
                case "none" -> new Network.None(network);
                case "bridge", ServiceReader.DEFAULT_NETWORK -> new Network.Bridge(network, Segment.DEFAULT);
                default -> new Network.Container(network, network.substring(network.indexOf(':') + 1));
            };
        }

        private static String projectName(String text) {
            if (!text.matches("[a-z0-9][a-z0-9_-]{0,254}")) {
                throw new IllegalArgumentException(Keys.quote(text)
                        + " is not a project's name; those are lower-case letters, digits, '-' and '_'");
            }
            return text;
        }
    }
}
