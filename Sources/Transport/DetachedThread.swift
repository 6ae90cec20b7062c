// Starts a thread that nobody joins, for chores that may block for long.

import CLinux
import Glibc

private final class ThreadBody {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// False if the system has no thread to give.
package func startDetachedThread(named name: String, _ run: @escaping @Sendable () -> Void) -> Bool {
    let body = Unmanaged.passRetained(ThreadBody(name: name, run: run))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            let body = Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue()
            _ = quorate_name_thread(body.name)
            body.run()
            return nil
        }, body.toOpaque())
    guard code == 0 else {
        body.release()
        return false
    }
    pthread_detach(thread)
    return true
}
