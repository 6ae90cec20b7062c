// What defects of the journal need beyond a line at their place; see Rules.

#if QUORATE_MUTANTS
extension Journal {
    func flushTwice() throws(DiskError) {
        do {
            try disk.flush(file)
        } catch {
            try disk.flush(file)
        }
    }
}
#endif
