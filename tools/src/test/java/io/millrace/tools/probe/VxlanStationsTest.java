package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where a tunnel endpoint believes stations to be, RFC 7348 section 4.1, and whom it does not believe. */
class VxlanStationsTest extends VxlanProbe {
    @Override
    RunningVtep start(Path directory) throws IOException {
        return new RunningVtep(directory, VxlanTest.plainTopology("packet"), false, 1500, "s1", "s2");
    }

    private void isAt(int host, String station) {
        var frame = numbered(station, stranger(), host);
        var arrived = vtep.send("s1", frame);
        var packet = only(arrived);
        assertThat(packet.destination).isEqualTo(address(host));
        assertThat(packet.innerHex()).isEqualTo(hex(frame));
        assertThat(arrived.at("s2")).isEmpty();
    }

    private void isAt(String port, String station) {
        var frame = numbered(station, stranger(), 1);
        comesOut(vtep.send(port.equals("s1") ? "s2" : "s1", frame), List.of(frame), port);
        var fromAfar = numbered(station, stranger(), 2);
        comesOut(vtep.send(UNDERLAY, packet(fromAfar, o -> o.source = host(3))), List.of(fromAfar), port);
    }

    private void isNowhere(String station) {
        var frame = numbered(station, stranger(), 1);
        var arrived = vtep.send("s1", frame);
        assertThat(arrived.at("s2")).isEqualTo(List.of(hex(frame)));
        goesToBothHosts(arrived, frame);
    }

    @Test
    void aStationIsAtTheHostItWasHeardFrom() throws IOException {
        var first = stranger();
        var second = stranger();
        learnAt(2, first);
        learnAt(3, second);
        isAt(2, first);
        isAt(3, second);
        assertThat(vtep.knows(first)).isTrue();
    }

    @Test
    void aStationThatMovesToAnotherHostIsThereAtOnce() {
        var moving = stranger();
        learnAt(2, moving);
        learnAt(3, moving);
        isAt(3, moving);
        learnAt(2, moving);
        isAt(2, moving);
    }

    @Test
    void aStationThatMovesHereIsHereAtOnce() {
        var moving = stranger();
        learnAt(2, moving);
        isAt(2, moving);
        learn("s2", moving);
        isAt("s2", moving);
    }

    @Test
    void noOtherHostCanTakeOverAStationOfThisOne() throws IOException {
        var local = stranger();
        learn("s1", local);
        var before = vtep.drops();
        for (int host = 2; host <= 3; host++) {
            int from = host;
            comesOut(vtep.send(UNDERLAY, packet(numbered(BROADCAST, local, 1), o -> o.source = host(from))), List.of());
            comesOut(
                    vtep.send(UNDERLAY, packet(numbered(stranger(), local, 1), o -> o.source = host(from))), List.of());
        }
        assertThat(vtep.dropsSince(before).toString()).isEqualTo("{bridge.lan STATION_IS_LOCAL=4}");
        isAt("s1", local);
        learn("s2", local); // but at home it may go where it likes
        isAt("s2", local);
    }

    @Test
    void aStrangerTeachesNothing() throws IOException {
        var known = stranger();
        learnAt(2, known);
        refused("vxlan VXLAN_FOREIGN_VTEP", packet(numbered(BROADCAST, known, 1), o -> o.source = host(9)));
        isAt(2, known);
        var unknown = stranger();
        refused("vxlan VXLAN_FOREIGN_VTEP", packet(numbered(BROADCAST, unknown, 1), o -> o.source = host(9)));
        refused("vxlan VXLAN_UNKNOWN_VNI", packet(numbered(BROADCAST, unknown, 1), o -> o.vni = 6));
        isNowhere(unknown);
    }

    @Test
    void aStationOfAnotherHostIsForgottenWhenItIsSilentHoweverOftenItIsSpokenTo() throws InterruptedException {
        var silent = stranger();
        var speaking = stranger();
        var local = stranger();
        learnAt(2, silent);
        learnAt(3, speaking);
        learn("s1", local);
        for (int i = 0; i < 9; i++) {
            TimeUnit.MILLISECONDS.sleep(500);
            learnAt(3, speaking);
            vtep.send("s1", numbered(silent, stranger(), i));
            vtep.send("s2", numbered(local, stranger(), i));
        }
        isNowhere(silent);
        isAt(3, speaking);
        learnAt(2, local); // silent for so long, it may be elsewhere now
        isAt(2, local);
    }
}
