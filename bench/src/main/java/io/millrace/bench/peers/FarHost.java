package io.millrace.bench.peers;

/**
 * The second host of a tunnel, in a namespace of its own: the cable to the receiver ends there, and a third cable, the
 * underlay, joins it with the device's namespace. What is put around a frame fits: the underlay's MTU is 1600.
 */
record FarHost(Course course, String name) implements AutoCloseable {
    /** The underlay's end in the device's namespace, and its address. */
    static final String NEAR_ADDRESS = "198.18.100.1";

    static final String FAR_ADDRESS = "198.18.100.2";
    static final int PREFIX = 24;
    static final int VNI = 77;
    private static final String MTU = "1600";

    /** Makes it, and moves the cable to the receiver there. */
    static FarHost join(Course course) {
        var far = new FarHost(course, course.namespace("far"));
        var add = "ip link add " + far.nearEnd() + " mtu " + MTU + " type veth peer name " + far.farEnd() + " mtu "
                + MTU + " netns " + far.name;
        var near = course.device().name();
        Course.in(near, add.split(" ", -1));
        Course.in(near, "ip", "link", "set", course.out(), "netns", far.name);
        Course.in(near, "ip", "link", "set", far.nearEnd(), "up");
        Course.in(far.name, "ip", "link", "set", far.farEnd(), "up");
        Course.in(far.name, "ip", "link", "set", course.out(), "up");
        return far;
    }

    String nearEnd() {
        return course.id() + "u";
    }

    String farEnd() {
        return course.id() + "v";
    }

    /** Takes it away, both cables with it. */
    @Override
    public void close() {
        course.forget(name);
        Shell.run(Course.inside(course.device().name(), "ip", "link", "delete", nearEnd()));
    }
}
