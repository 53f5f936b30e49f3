package org.sterna.provisioning.internal.download;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * Reads what URIs name, up to a deadline for all of it together: a server that sends one byte a second is as late as
 * one that says nothing. What is read is bounded in length, comes from regular files and HTTP servers only, and is in
 * the scope of whoever has named it, redirects included. Used by one thread.
 */
public final class Download implements AutoCloseable {
    /** The schemes of URIs that can be read. */
    public static final Set<String> SCHEMES = Set.of("file", "http", "https");
    private static final int MAX_REDIRECTS = 5;
    private static final int OK = 200;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MAX_SHOWN = 300;
    private static final String SEE = "see that the repository is there, or name another";

    private final Deadline deadline;
    private HttpClient client;

    /** Reads nothing yet. */
    public Download(Deadline deadline) {
        this.deadline = deadline;
    }

    /**
     * Something that has been read.
     *
     * @param from  where it really was, after redirects
     * @param bytes all of it
     */
    public record Content(URI from, byte[] bytes) {
    }

    /** The schemes that can be read, for people. */
    public static String schemes() {
        return String.join(", ", SCHEMES.stream().sorted().toList());
    }

    /** A URI for messages, which peers see too: without what may be a secret, and of bounded length. */
    public static String shown(URI uri) {
        String text = uri.getScheme() + ":" + (uri.getHost() == null ? "" : "//" + uri.getHost()
            + (uri.getPort() < 0 ? "" : ":" + uri.getPort())) + (uri.getRawPath() == null ? "" : uri.getRawPath());
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    }

    /**
     * Reads something into memory.
     *
     * @param scope what may be read
     * @param what  what it is, for messages
     * @param limit the most bytes that it may have
     * @throws MachineException if it cannot be read, may not be read, or is longer
     */
    public Content read(URI uri, Scope scope, String what, int limit) {
        var bytes = new ByteArrayOutputStream();
        URI from = copy(uri, scope, what, limit, bytes);
        return new Content(from, bytes.toByteArray());
    }

    /**
     * Copies something.
     *
     * @param scope what may be read
     * @param what  what it is, for messages
     * @param limit the most bytes that it may have
     * @param to    where the bytes go; it may have some of them if this fails
     * @return where it really was, after redirects
     * @throws MachineException if it cannot be read, may not be read, or is longer
     */
    public URI copy(URI uri, Scope scope, String what, long limit, OutputStream to) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!SCHEMES.contains(scheme)) {
            throw MachineException.failed(shown(uri), "", what + " is not read from there: '" + scheme + "' is none of "
                + schemes(), "");
        }
        check(uri, scope, what);
        try {
            var bounded = new BoundedOutput(to, limit);
            if (scheme.equals("file")) {
                RegularFile.copy(Path.of(uri), bounded, deadline);
                return uri;
            }
            return copyOverHttp(uri, scope, what, bounded);
        } catch (TimeoutException e) {
            throw MachineException.failed(shown(uri), "", what + " has not come within " + deadline, SEE);
        } catch (IOException | IllegalArgumentException e) {
            throw MachineException.failed(shown(uri), "", what + " cannot be read: " + why(e), SEE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MachineException.failed(shown(uri), "", what + " cannot be read: interrupted", "");
        }
    }

    private static void check(URI uri, Scope scope, String what) {
        if (uri.getRawUserInfo() != null) {
            throw MachineException.failed(shown(uri), "", what
                + " is not read: the URI has a user's name or password in it", "");
        }
        scope.objection(uri).ifPresent(why -> {
            throw MachineException.failed(shown(uri), "", what + " is not read: it " + why, "");
        });
    }

    private URI copyOverHttp(URI first, Scope scope, String what, BoundedOutput to)
            throws IOException, TimeoutException, InterruptedException {
        // Whoever may name this server has not named any other that it sends to.
        Scope server = Scope.index(first);
        URI uri = first;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpResponse<Void> response = ask(uri, to);
            if (response.statusCode() == OK) {
                return uri;
            }
            Optional<String> location = response.headers().firstValue("Location");
            if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
                throw new IOException(response.statusCode() == 404 ? "there is no such file"
                    : "the server answers with status " + response.statusCode());
            }
            uri = uri.resolve(URI.create(location.get()));
            if (server.objection(uri).isPresent()) {
                throw new IOException("the server sends elsewhere, to " + shown(uri));
            }
            check(uri, scope, what);
        }
        throw new IOException("the server sends from one place to the next, more than " + MAX_REDIRECTS + " times");
    }

    private HttpResponse<Void> ask(URI uri, BoundedOutput to) throws IOException, TimeoutException,
            InterruptedException {
        if (client == null) {
            client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofNanos(deadline.left())).build();
        }
        var answer = client.sendAsync(HttpRequest.newBuilder(uri).build(),
            head -> head.statusCode() == OK ? new BodyTo(to) : new NoBody());
        try {
            return answer.get(deadline.left(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException fault ? fault : new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    /** What of an exception tells a person something: a missing file's message is only its name. */
    private static String why(Exception e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException missing -> "there is no such file";
            case java.nio.file.AccessDeniedException denied -> "this host may not read it";
            case java.net.ConnectException refused -> "the server cannot be reached";
            case java.net.http.HttpConnectTimeoutException late -> "the server cannot be reached";
            default -> Reason.causeOf(e);
        };
    }

    /** Ends whatever is still under way. */
    @Override
    public void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
