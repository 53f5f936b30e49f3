package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;

/** The Felix Web Console, as a browser uses it. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class WebConsoleTest {
    /** The console's own name for a configuration that is not there yet. */
    private static final String NEW = "__Temporary PID replaced by real PID upon save__";

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @TempDir
    Path folder;
    private ServiceReference<?> runtime;
    private Configured configured;
    private Drill drill;
    private final HttpClient browser = HttpClient.newBuilder().authenticator(new Authenticator() {
        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
            return new PasswordAuthentication("admin", "admin".toCharArray());
        }
    }).build();

    @BeforeEach
    void open() throws Exception {
        assertTrue(until(() -> runtimes() != null), "there is no HTTP service");
        runtime = runtimes()[0];
        configured = new Configured(context, admin);
        drill = new Drill(folder);
    }

    @AfterEach
    void close() throws IOException, InvalidSyntaxException {
        configured.close();
        browser.close();
    }

    private ServiceReference<?>[] runtimes() throws InvalidSyntaxException {
        return context.getAllServiceReferences("org.osgi.service.servlet.runtime.HttpServiceRuntime", "(osgi.http.endpoint=*)");
    }

    private static boolean until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(5_000_000);
        }
        return true;
    }

    /** Where the HTTP service listens, which has chosen a port. */
    private String console() {
        Object endpoint = runtime.getProperty("osgi.http.endpoint");
        String first = endpoint instanceof String[] several ? several[0] : endpoint.toString();
        return first.replaceAll("/$", "") + "/system/console/configMgr";
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return browser.send(request.build(), BodyHandlers.ofString());
    }

    /** The console is there somewhat later than the HTTP service. */
    private String page() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(console()));
        assertTrue(until(() -> send(request).statusCode() == 200), "there is no console");
        return send(request).body();
    }

    private HttpResponse<String> post(String pid, Map<String, ?> form) throws Exception {
        var fields = new ArrayList<String>();
        form.forEach((name, value) -> {
            for (Object one : value instanceof Object[] several ? several : new Object[] {value}) {
                fields.add(name + "=" + URLEncoder.encode(one.toString(), StandardCharsets.UTF_8));
            }
        });
        String path = URLEncoder.encode(pid, StandardCharsets.UTF_8).replace("+", "%20");
        return send(HttpRequest.newBuilder(URI.create(console() + "/" + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(String.join("&", fields))));
    }

    /** The form of a configuration, or of one that is to be. */
    private JsonNode form(String pid, Map<String, ?> question) throws Exception {
        HttpResponse<String> response = post(pid, question);
        assertEquals(200, response.statusCode(), response.body());
        return new ObjectMapper().readTree(response.body());
    }

    /** What a browser sends when a form is saved. */
    private void save(String pid, Map<String, Object> values) throws Exception {
        var form = new LinkedHashMap<String, Object>(Map.of("apply", "true", "action", "ajaxConfigManager",
            "factoryPid", Configured.FACTORY, "propertylist", String.join(",", values.keySet())));
        form.putAll(values);
        HttpResponse<String> response = post(pid, form);
        assertTrue(response.statusCode() < 400, response.statusCode() + " " + response.body());
    }

    @Test
    void theFactoryIsListedAndItsFormExplainsEveryProperty() throws Exception {
        String page = page();
        assertTrue(page.contains("{\"id\":\"" + Configured.FACTORY + "\",\"name\":\"Sterna machine\"}"), page);

        JsonNode form = form(Configured.FACTORY, Map.of("create", "true"));
        assertEquals("Sterna machine", form.path("title").asText());
        var names = new ArrayList<String>();
        form.path("properties").fieldNames().forEachRemaining(names::add);
        assertEquals(List.of("accept.changed", "allow.path", "autostart", "board", "devices", "machine", "max.clock.jump",
            "max.machines", "max.memory", "memory", "name", "processor", "processors", "receive", "snapshots", "stop", "swap"),
            names.stream().sorted().toList());
        for (String name : names) {
            JsonNode property = form.path("properties").path(name);
            assertTrue(property.path("description").asText().length() > 9, name + ": " + property);
            assertTrue(property.path("name").asText().matches("[A-Z][a-z ]+"), name + ": " + property);
        }
        assertEquals("virt", form.at("/properties/machine/value").asText());
        assertEquals("256M", form.at("/properties/memory/value").asText());
        assertEquals("1", form.at("/properties/processors/value").asText());
        assertEquals("true", form.at("/properties/autostart/value").asText());
        assertEquals(List.of("manual", "auto"), choices(form, "swap"));
        assertEquals(List.of("close", "snapshot"), choices(form, "stop"));
    }

    /** What can be chosen, each of which says what it is. */
    private static List<String> choices(JsonNode form, String name) {
        JsonNode type = form.path("properties").path(name).path("type");
        type.path("labels").forEach(label -> assertTrue(label.asText().length() > 9, type.toString()));
        return type.path("values").valueStream().map(JsonNode::asText).toList();
    }

    @Test
    void aMachineIsMadeChangedAndClosedByForms() throws Exception {
        page();
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        var values = new LinkedHashMap<String, Object>();
        values.put("name", "clicked");
        values.put("machine", "virt-1.0");
        values.put("memory", "32M");
        values.put("processors", "1");
        values.put("board", Drill.board());
        values.put("processor", "");
        values.put("devices", Drill.devices(console, drill.disk(console)));
        values.put("snapshots", "");
        values.put("autostart", "true");
        values.put("swap", "manual");
        values.put("stop", "close");
        save(NEW, values);
        Machine machine = configured.awaitRunning("clicked");
        long seen = Drill.await(console, report -> report.seq() > 0).seq();
        String pid = Arrays.stream(admin.listConfigurations("(name=clicked)")).map(configuration -> configuration.getPid())
            .collect(Collectors.joining());

        JsonNode form = form(pid, Map.of());
        assertEquals(3, form.at("/properties/devices/values").size(), form.toString());
        assertTrue(page().contains(pid), "it is listed");

        Path other = drill.console();
        values.put("devices", Drill.devices(other, drill.disk(console)));
        save(pid, values);
        assertEquals(0, Drill.await(other, report -> report.seq() > seen + 1).violations());
        assertSame(machine, configured.awaitRunning("clicked"), "the serial line has been moved under the running guest");

        HttpResponse<String> deleted = post(pid, Map.of("apply", "true", "delete", "true"));
        assertEquals(200, deleted.statusCode(), deleted.body());
        configured.awaitGone("clicked");
        assertTrue(until(() -> machine.phase() == Machine.Phase.CLOSED), "its guest has ended with it");
    }
}
