// The WebSocket of java.net.http: says hello, waits for the echo, closes with 1000. Prints what it is told.
//
//   java JavaClient.java wss://...

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

class JavaClient {
    static void say(String event, String more) {
        System.out.println("{\"side\": \"client\", \"library\": \"java.net.http " + System.getProperty("java.version")
            + "\", \"event\": \"" + event + "\"" + more + "}");
    }

    public static void main(String[] args) throws Exception {
        CompletableFuture<Void> over = new CompletableFuture<>();
        WebSocket.Listener listener = new WebSocket.Listener() {
            public CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
                say("message", ", \"bytes\": " + data.length());
                say("calls close", ", \"code\": 1000, \"reason\": \"bye\"");
                ws.sendClose(1000, "bye");
                ws.request(1);
                return null;
            }

            public CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
                say("close", ", \"code\": " + code + ", \"reason\": \"" + reason + "\"");
                over.complete(null);
                return null;
            }

            public void onError(WebSocket ws, Throwable error) {
                say("error", ", \"text\": \"" + error + "\"");
                over.complete(null);
            }
        };
        WebSocket ws = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(args[0]), listener).join();
        say("open", "");
        ws.sendText("hello", true);
        over.join();
        Thread.sleep(300);
        System.exit(0);
    }
}
