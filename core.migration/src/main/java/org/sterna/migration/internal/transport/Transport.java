package org.sterna.migration.internal.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.host.UnixSocketFile;
import org.sterna.migration.Endpoint;
import org.sterna.migration.internal.wire.Failure;

/** Opens lines over TCP and Unix domain sockets. */
public final class Transport implements AutoCloseable {
    private static final int THREADS = 3;
    private static final WriteBufferWaterMark IN_FLIGHT = new WriteBufferWaterMark(1 << 19, 3 << 19);

    private final EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(THREADS, new DefaultThreadFactory("sterna-line", true), NioIoHandler.newFactory());
    private final Timeouts timeouts;

    /** A transport with its own threads. */
    public Transport(Timeouts timeouts) {
        this.timeouts = timeouts;
    }

    /** How long its connections wait. */
    public Timeouts timeouts() {
        return timeouts;
    }

    /** Connects; the result is completed exceptionally with a {@link Failure} if that is not possible. */
    public CompletableFuture<Connection> connect(Endpoint target) {
        var opened = new AtomicReference<Connection>();
        var result = new CompletableFuture<Connection>();
        new Bootstrap().group(group)
            .channel(target instanceof Endpoint.Tcp ? NioSocketChannel.class : NioDomainSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeouts.handshake().toMillis())
            .handler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    opened.set(prepare(channel, target.toString()));
                }
            })
            .connect(address(target)).addListener((ChannelFuture future) -> {
                if (!future.isSuccess()) {
                    result.completeExceptionally(Failure.here(target.toString(),
                        "cannot be reached: " + words(future.cause()), "is a Sterna receiver listening there?"));
                } else if (!result.complete(opened.get())) {
                    future.channel().close();
                }
            });
        return result;
    }

    private Connection prepare(Channel channel, String peer) {
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.config().setWriteBufferWaterMark(IN_FLIGHT);
        if (channel instanceof NioSocketChannel tcp) {
            tcp.config().setTcpNoDelay(true);
        }
        return new Connection(channel, peer, timeouts);
    }

    /**
     * Listens.
     *
     * @param accepted gets each connection, on a thread that must not be held up
     * @param failed   runs, on such a thread, when a connection cannot be accepted, most often for want of file descriptors;
     *                 that is tried again every second
     * @throws MachineException if it cannot listen there
     */
    public Listener listen(Endpoint endpoint, Consumer<Connection> accepted, Runnable failed) {
        if (endpoint instanceof Endpoint.Unix(Path path)) {
            removeStale(endpoint, path);
        }
        ChannelFuture bound = new ServerBootstrap().group(group)
            .channel(endpoint instanceof Endpoint.Tcp ? NioServerSocketChannel.class : NioServerDomainSocketChannel.class)
            .childHandler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    String peer = channel.remoteAddress() instanceof InetSocketAddress tcp
                        ? new Endpoint.Tcp(tcp.getAddress().getHostAddress(), tcp.getPort()).toString() : endpoint.toString();
                    try {
                        accepted.accept(prepare(channel, peer));
                    } catch (ChannelException gone) {
                        // Whoever has connected has left again, so there is no socket whose options could be set.
                        channel.close();
                    }
                }
            }).bind(endpoint instanceof Endpoint.Tcp tcp ? new InetSocketAddress(tcp.host(), tcp.port()) : address(endpoint))
            .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw MachineException.failed(endpoint.toString(), "", "cannot listen there: " + words(bound.cause()),
                "give another address");
        }
        bound.channel().pipeline().addLast(new AcceptFailures(endpoint, failed));
        Endpoint real = endpoint instanceof Endpoint.Tcp tcp
            ? new Endpoint.Tcp(tcp.host(), ((InetSocketAddress) bound.channel().localAddress()).getPort()) : endpoint;
        return new Listener(real, bound.channel(), endpoint instanceof Endpoint.Unix(Path path)
            ? Optional.of(UnixSocketFile.of(path)) : Optional.empty());
    }

    /**
     * Something that listens.
     *
     * @param endpoint where, the port being the real one
     * @param channel  the socket
     * @param file     its file, if it is a Unix domain socket
     */
    public record Listener(Endpoint endpoint, Channel channel, Optional<UnixSocketFile> file) implements AutoCloseable {
        @Override
        public void close() {
            channel.close().awaitUninterruptibly();
            file.ifPresent(UnixSocketFile::delete);
        }
    }

    /** A socket that a process left behind when it was killed would keep everyone from listening there. */
    private static void removeStale(Endpoint endpoint, Path path) {
        try {
            UnixSocketFile.removeStale(path);
        } catch (IOException e) {
            throw MachineException.failed(endpoint.toString(), "", "cannot listen there: " + Reason.causeOf(e),
                "give another address");
        }
    }

    private static SocketAddress address(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Tcp tcp -> InetSocketAddress.createUnresolved(tcp.host(), tcp.port());
            case Endpoint.Unix unix -> UnixDomainSocketAddress.of(unix.path());
        };
    }

    /** What has gone wrong, in words, without the address that Netty adds: the peer is named as the user names it. */
    static String words(Throwable cause) {
        return switch (cause) {
            case ConnectTimeoutException late -> "there was no answer in time";
            case SocketException annotated when annotated.getCause() instanceof SocketException plain ->
                Reason.causeOf(plain);
            default -> Reason.causeOf(cause);
        };
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
