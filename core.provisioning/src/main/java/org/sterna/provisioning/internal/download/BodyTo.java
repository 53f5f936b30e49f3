package org.sterna.provisioning.internal.download;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The body of an HTTP answer, which goes to a bounded output as it comes and is given up when it is too long. */
final class BodyTo implements HttpResponse.BodySubscriber<Void> {
    private final BoundedOutput to;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile Flow.Subscription subscription;

    /** Has received nothing yet. */
    BodyTo(BoundedOutput to) {
        this.to = to;
    }

    @Override
    public CompletionStage<Void> getBody() {
        return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        try {
            for (ByteBuffer buffer : buffers) {
                to.write(buffer);
            }
        } catch (IOException e) {
            done.completeExceptionally(e);
            subscription.cancel();
        }
    }

    @Override
    public void onError(Throwable fault) {
        done.completeExceptionally(fault);
    }

    @Override
    public void onComplete() {
        done.complete(null);
    }
}
