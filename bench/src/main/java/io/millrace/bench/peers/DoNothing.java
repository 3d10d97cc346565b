package io.millrace.bench.peers;

import io.millrace.dataplane.linux.Bpf;
import java.util.List;

/** The forwarder that does nothing: the kernel's own XDP redirect. What comes near it tells of the course, not of itself. */
final class DoNothing implements Device {
    @Override
    public String name() {
        return "nothing";
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public boolean carriesTcp() {
        return false;
    }

    @Override
    public Running start(Course course, Mood mood) {
        var there = redirect(course, course.in(), course.out());
        var back = redirect(course, course.out(), course.in());
        return new Running(List.of(), () -> {
            there.close();
            back.close();
        });
    }

    private static Course.Attached redirect(Course course, String from, String to) {
        int index = Course.index(course.device(), to);
        return Course.attach(course.device(), from, Bpf.ATTACH_XDP, Bpf.XDP_NATIVE, bpf -> Programs.pass(bpf, index));
    }
}
