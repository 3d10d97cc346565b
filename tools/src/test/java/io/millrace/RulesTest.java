package io.millrace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.millrace.dataplane.graph.Drop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house. Each method's name is the rule as a sentence. */
class RulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace");
    private static final Path ROOT = root();
    private static final List<String> MODULES = List.of("codec", "dataplane", "vtep", "tools", "bench");
    private static final int LONGEST_FILE = 400;

    private static Path root() {
        var at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("millrace"))) {
            at = at.getParent();
        }
        return at;
    }

    @Test
    void importsGoLeftOnlyFromToolsToVtepToDataplaneToCodec() {
        leftOf("..codec..", "..dataplane..", "..vtep..", "..tools..");
        leftOf("..dataplane..", "..vtep..", "..tools..");
        leftOf("..vtep..", "..tools..");
    }

    private static void leftOf(String room, String... rightOfIt) {
        noClasses()
                .that()
                .resideInAPackage("io.millrace" + room.substring(1))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(Stream.of(rightOfIt)
                        .map(r -> "io.millrace" + r.substring(1))
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void inTheDataplaneFrameKnowsNothingGraphKnowsFramesAndTheMiddleRoomsDoNotKnowEachOther() {
        inDataplane("linux", "frame", "graph", "port", "l2", "l3", "nat", "engine");
        inDataplane("frame", "linux", "graph", "port", "l2", "l3", "nat", "engine");
        inDataplane("graph", "linux", "port", "l2", "l3", "nat", "engine");
        inDataplane("port", "l2", "l3", "nat", "engine");
        inDataplane("l2", "linux", "port", "l3", "nat", "engine");
        inDataplane("l3", "linux", "port", "l2", "nat", "engine");
        inDataplane("nat", "linux", "port", "l2", "engine"); // gateways have hosts of l3 on them
    }

    private static void inDataplane(String room, String... unknown) {
        noClasses()
                .that()
                .resideInAPackage("io.millrace.dataplane." + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(Stream.of(unknown)
                        .map(u -> "io.millrace.dataplane." + u + "..")
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void everyReasonToDropAFrameIsGivenSomewhere() {
        var reasons = CLASSES.get(Drop.class);
        for (var why : Drop.values()) {
            assertThat(reasons.getField(why.name()).getAccessesToSelf())
                    .as("%s is given by a class that is not %s itself", why, reasons.getSimpleName())
                    .anyMatch(access -> !access.getOriginOwner().equals(reasons));
        }
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.millrace.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nodesAndTablesReadNoClockTakeNoLockWriteNoLogAndFormatNothing() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.millrace.dataplane.frame",
                        "io.millrace.dataplane.graph",
                        "io.millrace.dataplane.l2",
                        "io.millrace.dataplane.l3",
                        "io.millrace.dataplane.nat")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(String.class, "format", String.class, Object[].class)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent.locks..", "java.util.logging..", "java.util.stream..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(System.Logger.class)
                .check(CLASSES);
        methods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage("io.millrace.codec..", "io.millrace.dataplane..")
                .should()
                .notHaveModifier(JavaModifier.SYNCHRONIZED)
                .check(CLASSES);
    }

    @Test
    void eachLibraryHasOneDoor() {
        onlyIn("io.millrace.tools.topology", "org.snakeyaml..");
        onlyIn("io.millrace.tools..", "picocli..");
        onlyIn("io.millrace.codec.capture", "com.github.luben.zstd..");
        onlyIn("io.millrace.dataplane.port", "org.pcap4j..");
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.millrace.dataplane.nat.StateFile")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.openhft..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.millrace.dataplane.linux", "io.millrace.dataplane.port", "io.millrace.codec.capture")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..")
                .check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.openjdk.jmh..")
                .check(CLASSES);
    }

    private static void onlyIn(String room, String library) {
        noClasses()
                .that()
                .resideOutsideOfPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }

    @Test
    void noClassIsCalledManagerImplUtilsOrHelper() {
        noClasses().should().haveNameMatching(".*(Manager|Impl|Utils?|Helper)").check(CLASSES);
    }

    @Test
    void everyPackageSaysWhatItIsWhatGoesInAndOutAndWhereToStart() throws IOException {
        var silent = new ArrayList<String>();
        for (var module : MODULES) {
            for (var folder : paths(ROOT.resolve(module + "/src/main/java"), Files::isDirectory)) {
                if (paths(
                                folder,
                                p -> p.toString().endsWith(".java")
                                        && p.getParent().equals(folder))
                        .isEmpty()) {
                    continue;
                }
                var info = folder.resolve("package-info.java");
                var text = Files.exists(info) ? Files.readString(info) : "";
                if (!text.contains("In: ") || !text.contains("Out: ") || !text.contains("Read {@link")) {
                    silent.add(ROOT.relativize(folder).toString());
                }
            }
        }
        assertThat(silent).as("packages without the three sentences").isEmpty();
    }

    @Test
    void noSourceFileIsLongerThanFourHundredLines() throws IOException {
        var longOnes = new ArrayList<String>();
        for (var module : MODULES) {
            for (var file : paths(
                    ROOT.resolve(module + "/src/main/java"), p -> p.toString().endsWith(".java"))) {
                int lines = Files.readAllLines(file).size();
                if (lines > LONGEST_FILE) {
                    longOnes.add(ROOT.relativize(file) + " has " + lines);
                }
            }
        }
        assertThat(longOnes).isEmpty();
    }

    @Test
    void everyPathNamedInTheDocsExists() throws IOException {
        // A path as prose writes it: in back quotes or as a link's target, with a slash and no spaces or wildcards.
        var path = Pattern.compile("[`(]((?:codec|dataplane|vtep|tools|bench|docs|\\.ci)/[\\w./-]+)[`)#]");
        var missing = new ArrayList<String>();
        var documents =
                new ArrayList<>(paths(ROOT.resolve("docs"), p -> p.toString().endsWith(".md")));
        documents.add(ROOT.resolve("README.md"));
        for (var document : documents) {
            var found = path.matcher(Files.readString(document));
            while (found.find()) {
                if (!found.group(1).contains("/target/") && !Files.exists(ROOT.resolve(found.group(1)))) {
                    missing.add(ROOT.relativize(document) + " names " + found.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void theTopLevelHoldsTheModulesTheDocsAndNothingElse() throws IOException {
        try (var entries = Files.list(ROOT)) {
            assertThat(entries.map(p -> p.getFileName().toString())
                            .filter(n -> !n.startsWith(".") && !n.equals("target")))
                    .isSubsetOf(
                            "codec", "dataplane", "vtep", "tools", "bench", "docs", "README.md", "pom.xml", "millrace");
        }
    }

    private static List<Path> paths(Path under, Predicate<Path> which) throws IOException {
        try (var all = Files.walk(under)) {
            return all.filter(which).sorted().toList();
        }
    }
}
