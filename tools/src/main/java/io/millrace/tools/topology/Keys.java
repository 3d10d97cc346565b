package io.millrace.tools.topology;

import io.millrace.tools.words.Nearest;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The words of a topology file, place by place. {@code read} end in the model; {@code unused} are Compose's and are named
 * in a note; {@code refused} are Compose's too, and would change the networks, so leaving them out would be a lie.
 */
@SuppressWarnings("ImmutableEnumChecker") // the sets are unmodifiable, which their type cannot say
enum Keys {
    TOP("a topology", "name networks services x-millrace", "version volumes secrets configs models", "include"),
    TOP_OURS("x-millrace", "uplink underlay nat workers idle", "", "cluster"),
    HOST_INTERFACE("uplink and underlay", "interface packet xdp pcap socket address gateway mac mtu neighbors"),

    NAT("nat", "timeouts filtering hairpin max_sessions state port_limit session_limit loose ports parity ephemeral"),

    NETWORK(
            "a network",
            "name driver driver_opts ipam internal external x-millrace",
            "attachable enable_ipv4 enable_ipv6 labels",
            ""),
    NETWORK_OURS("a network's x-millrace", "ageing mac_limit stations gateway_mac neighbors vni vtep"),
    DRIVER_OPTIONS(
            "driver_opts",
            "com.docker.network.driver.mtu com.docker.network.driver.overlay.vxlanid_list parent macvlan_mode"
                    + " com.docker.network.bridge.enable_icc com.docker.network.bridge.enable_ip_masquerade"
                    + " com.docker.network.bridge.host_binding_ipv4 com.docker.network.bridge.gateway_mode_ipv4"
                    + " com.docker.network.bridge.gateway_mode_ipv6 com.docker.network.host_ipv4"
                    + " com.docker.network.host_ipv6"),
    VTEP("vtep", "port peers group endpoints learning open checksum reserved_bits inner_vlan source_ports ttl dscp"),
    REMOTE_ENDPOINT("endpoints", "mac address vtep"),
    IPAM("ipam", "config", "driver options", ""),
    IPAM_CONFIG("ipam.config", "subnet ip_range gateway aux_addresses"),

    SERVICE(
            "a service",
            "networks network_mode ports expose deploy scale dns dns_search dns_opt mac_address profiles x-millrace",
            "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name"
                    + " cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset"
                    + " credential_spec depends_on develop device_cgroup_rules devices domainname entrypoint env_file"
                    + " environment external_links extra_hosts gpus group_add healthcheck hostname image init ipc"
                    + " isolation label_file labels links logging mem_limit mem_reservation mem_swappiness memswap_limit"
                    + " models oom_kill_disable oom_score_adj pid pids_limit platform post_start pre_stop privileged"
                    + " provider pull_policy pull_refresh_after read_only restart runtime secrets security_opt shm_size"
                    + " stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user"
                    + " userns_mode uts volumes volumes_from working_dir",
            "extends"),
    SERVICE_OURS(
            "a service's x-millrace",
            "publish_all balance weight drain attach vlan guard learn flood group mac_limit storm"),
    CONNECTION_OURS("x-millrace of a service's network", "attach vlan guard learn flood group mac_limit storm"),
    VLAN("vlan", "access trunk native"),
    CONNECTION(
            "a service's network",
            "aliases ipv4_address ipv6_address mac_address gw_priority priority x-millrace",
            "interface_name link_local_ips driver_opts",
            ""),
    PORT("a published port", "target published host_ip protocol mode", "name app_protocol", ""),
    DEPLOY(
            "deploy",
            "replicas endpoint_mode",
            "mode labels rollback_config update_config resources restart_policy placement",
            "");

    /** What a sentence calls the place. */
    final String place;

    final Set<String> read;
    final Set<String> unused;
    final Set<String> refused;

    Keys(String place, String read) {
        this(place, read, "", "");
    }

    Keys(String place, String read, String unused, String refused) {
        this.place = place;
        this.read = words(read);
        this.unused = words(unused);
        this.refused = words(refused);
    }

    private static Set<String> words(String text) {
        return text.isEmpty()
                ? Set.of()
                : Collections.unmodifiableSet(new LinkedHashSet<>(Arrays.asList(text.split(" ", -1))));
    }

    /** The known word nearest to {@code word}, at most two slips away; null: none is that near. */
    @Nullable
    String nearest(String word) {
        var all = new LinkedHashSet<>(read);
        all.addAll(unused);
        return nearest(word, all);
    }

    static @Nullable String nearest(String word, Iterable<String> known) {
        return Nearest.to(word, known);
    }

    /** A user's word in a sentence: cut to 60 characters, control characters made visible. */
    static String quote(String word) {
        var shown = new StringBuilder("'");
        word.chars().limit(60).forEach(c -> shown.append(Character.isISOControl(c) ? '\uFFFD' : (char) c));
        return shown.append(word.length() > 60 ? "…'" : "'").toString();
    }
}
