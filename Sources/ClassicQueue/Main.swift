// The classic program: a server with one handler more. `ClassicQueue zoo.cfg` starts it; its queue is replicated, ordered and
// durable like every other write. What the handler does is in QueueHandler.swift.

import Glibc
import Server

@main struct ClassicQueue {
    static func main() {
        guard CommandLine.arguments.count == 2 else {
            print("usage: ClassicQueue FILE, where FILE is a zoo.cfg")
            exit(64)
        }
        do {
            let server = Server(try ServerConfiguration(path: CommandLine.arguments[1]))
            server.addRequestHandler(QueueHandler())
            try server.start()
            exit(server.wait())
        } catch {
            print("ClassicQueue: \(error)")
            exit((error as? ServerError)?.exitCode ?? 64)
        }
    }
}
