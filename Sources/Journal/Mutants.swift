// What defects of the journal need beyond a line at their place; see Rules.

import Glibc

#if QUORATE_MUTANTS
extension Journal {
    func flushTwice(behind group: UnsafeMutableBufferPointer<iovec>, at place: Int) throws(DiskError) {
        try disk.writeAll(file, at: place, group)
        do {
            try disk.flush(file)
        } catch {
            try disk.flush(file)
        }
    }
}
#endif
