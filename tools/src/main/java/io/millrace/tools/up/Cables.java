package io.millrace.tools.up;

import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Namespaces;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.dataplane.linux.Veth;
import io.millrace.tools.up.Opened.Undo;
import io.millrace.vtep.network.Attachment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Veth pairs, and the namespaces their far ends stand in. What a killed Millrace left behind is known by its name, taken
 * over, and removed in the end.
 */
final class Cables {
    private static final String VETH = "veth";
    private static final String MARK = "made by millrace";

    private Cables() {}

    /** The device of an attachment that is here: for a namespace the near end of its cable. */
    static String near(Attachment attachment) {
        if (attachment.kind() != Attachment.Kind.NETNS) {
            return attachment.device();
        }
        var sum = new CRC32();
        sum.update(attachment.namespace().getBytes(StandardCharsets.UTF_8));
        return "mr-" + Long.toHexString(sum.getValue());
    }

    /** Whether {@link #lay} would find things as it needs them. */
    static void check(Attachment attachment, Netlink links) throws IOException {
        var near = links.find(near(attachment));
        if (near != null && !near.kind().equals(VETH)) {
            throw new IOException(near.name() + " is there already, and is no veth");
        }
        if (attachment.kind() == Attachment.Kind.VETH && !attachment.namespace().isEmpty()) {
            new Native().close(Namespaces.open(attachment.namespace()));
        }
        if (attachment.namespace().isEmpty() && near == null && links.find(attachment.farDevice()) != null) {
            throw new IOException(attachment.farDevice() + ", as the far end is called, is there already");
        }
    }

    /**
     * Lays a cable, both ends switched on.
     *
     * @param mtu of both ends; null: as the kernel has it
     * @return what takes it back
     */
    static List<Undo> lay(Attachment attachment, Netlink links, @Nullable Integer mtu) throws IOException {
        var undo = new ArrayList<Undo>();
        var name = near(attachment);
        try {
            var near = links.find(name);
            boolean ours = near == null || !attachment.namespace().isEmpty() || isMarked(near);
            namespace(attachment, near != null, undo);
            if (near == null) {
                Veth.create(name, attachment.namespace(), attachment.farDevice());
                near = links.get(name);
                mark(near);
            }
            if (ours) {
                int index = near.index();
                undo.addFirst(() -> delete(index)); // before the namespace: in it stands the other end
            }
            far(attachment, mtu);
            adjust(links, near, mtu);
            return undo;
        } catch (IOException e) {
            back(undo, e);
            throw e;
        }
    }

    /** Whether it was made by us; a killed Millrace leaves it behind. */
    private static boolean isMarked(Interface near) {
        try {
            return Files.readString(alias(near)).strip().equals(MARK);
        } catch (IOException e) {
            return false;
        }
    }

    private static void mark(Interface near) {
        try {
            Files.writeString(alias(near), MARK);
        } catch (IOException e) {
            return; // sysfs is that of another namespace: then it will not be known again, and stay
        }
    }

    /** Where an interface's remark is kept, if sysfs is about this namespace. */
    private static Path alias(Interface near) throws IOException {
        var there = Path.of("/sys/class/net", near.name());
        if (!Files.readString(there.resolve("ifindex")).strip().equals(Integer.toString(near.index()))) {
            throw new IOException("another interface");
        }
        return there.resolve("ifalias");
    }

    /** A namespace that is there and not by us is used, and stays. */
    private static void namespace(Attachment attachment, boolean wasOurs, List<Undo> undo) throws IOException {
        if (attachment.kind() == Attachment.Kind.NETNS) {
            var name = attachment.namespace();
            boolean isThere = Namespaces.exists(name);
            if (!isThere) {
                Namespaces.create(name);
            }
            if (!isThere || wasOurs) {
                undo.add(() -> Namespaces.delete(name));
            }
        }
    }

    private static void far(Attachment attachment, @Nullable Integer mtu) throws IOException {
        var name = attachment.farDevice();
        if (attachment.namespace().isEmpty()) {
            switchOn(name, mtu);
            return;
        }
        Namespaces.in(attachment.namespace(), () -> {
            switchOn("lo", null);
            switchOn(name, mtu);
            return true;
        });
    }

    private static void switchOn(String device, @Nullable Integer mtu) throws IOException {
        try (var links = Netlink.open()) {
            var found = links.find(device);
            if (found != null) {
                adjust(links, found, mtu);
            }
        }
    }

    private static void adjust(Netlink links, Interface device, @Nullable Integer mtu) throws KernelException {
        if (mtu != null && device.mtu() != mtu) {
            links.mtu(device.index(), mtu);
        }
        if (!device.up()) {
            links.up(device.index());
        }
    }

    private static void delete(int index) throws IOException {
        try (var links = Netlink.open()) {
            if (links.find(index) != null) {
                links.delete(index);
            }
        }
    }

    static void back(List<Undo> undo, Exception because) {
        for (var one : undo) {
            try {
                one.undo();
            } catch (Exception e) {
                because.addSuppressed(e);
            }
        }
    }
}
