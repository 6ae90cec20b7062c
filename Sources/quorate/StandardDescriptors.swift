// Descriptors 0, 1 and 2, which a supervisor may have closed: whatever is opened next would get their numbers, and a log line
// would be written into a data file or to a client.

import Glibc

/// Has each of the three lead somewhere. Called before anything else is opened.
func holdStandardDescriptors() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
        // The lowest free number is the one that was just found closed; those below it are open.
        guard open("/dev/null", O_RDWR) != descriptor else { continue }
        let text =
            "quorate: descriptor \(descriptor) is closed and /dev/null can't be opened in its place; leave 0, 1 and 2 open\n"
        _ = write(2, text, text.utf8.count)
        exit(71)
    }
}
