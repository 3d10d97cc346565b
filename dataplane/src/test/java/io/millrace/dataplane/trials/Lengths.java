package io.millrace.dataplane.trials;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.PortSettings;
import java.util.Arrays;

/**
 * E17, as far as it concerns lengths: frames of every length, untagged and tagged, through a switch to a port without an
 * MTU, one of 1,500 and one of 9,000 bytes. Under 14 bytes nothing passes; what is longer than an MTU with its header
 * (and one tag) is dropped there and nowhere else; what passes is unchanged.
 */
public final class Lengths {
    private static final String ALL_A = "ff ff ff ff ff ff 02 00 00 00 00 0a";
    private static final int[] MTUS = {Port.NO_MTU, 1500, 9000};

    private Lengths() {}

    /**
     * Runs the experiment.
     *
     * @param args the greatest length (9,216)
     */
    public static void main(String[] args) {
        if (!run((int) Trial.argument(args, 0, 9216))) {
            System.exit(1);
        }
    }

    static boolean run(int longest) {
        var trial = new Trial("lengths", 0, true);
        long[] wrong = new long[3]; // missing or not dropped, changed, drops not counted
        long frames = 0;
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a");
            for (int mtu : MTUS) {
                web.port("mtu" + mtu, PortSettings.DEFAULT, port -> new Shaped(port, mtu, true));
            }
            for (String type : new String[] {"88 b5", "81 00 00 05 88 b5", "88 a8 00 05 88 b5"}) {
                for (int length = 0; length <= longest; length++) {
                    one(lab, Bytes.padded(length, ALL_A, type), type.startsWith("81"), wrong);
                    frames++;
                }
                one(lab, Bytes.padded(65_549, ALL_A, type), type.startsWith("81"), wrong);
                frames++;
            }
        }
        trial.say("%,d frames: every length from 0 to %,d, and 65,549; untagged, 802.1Q, 802.1ad", frames, longest);
        trial.check("frames missing or too many", wrong[0], wrong[0] == 0, "0");
        trial.check("frames changed on the way", wrong[1], wrong[1] == 0, "0");
        trial.check("drops not counted", wrong[2], wrong[2] == 0, "0");
        return trial.end();
    }

    private static void one(Lab lab, byte[] frame, boolean tagged, long[] wrong) {
        long tooShort = lab.drops(Drop.ETHERNET_TRUNCATED);
        long tooLong = lab.drops(Drop.EXCEEDS_MTU);
        lab.alsoGiven("a", frame);
        int stopped = 0;
        for (int mtu : MTUS) {
            long limit = (long) mtu + 14 + (tagged ? 4 : 0);
            boolean passes = frame.length >= 14 && frame.length <= limit;
            stopped += frame.length >= 14 && !passes ? 1 : 0;
            var came = lab.take("mtu" + mtu);
            wrong[0] += came.size() == (passes ? 1 : 0) ? 0 : 1;
            wrong[1] += came.stream().allMatch(bytes -> Arrays.equals(bytes, frame)) ? 0 : 1;
        }
        boolean counted = lab.drops(Drop.EXCEEDS_MTU) - tooLong == stopped
                && lab.drops(Drop.ETHERNET_TRUNCATED) - tooShort == (frame.length < 14 ? 1 : 0);
        wrong[2] += counted ? 0 : 1;
    }
}
