// What defects of the node need beyond a line at their place; see Rules.

#if QUORATE_MUTANTS
import Jute

extension Node {
    func remember(_ chunk: GatheredChunk) {
        if pending.count == 0 { forwardedBundles.removeAll() }
        forwardedBundles.append((Array(chunk.records.bytes), chunk.count))
    }

    func gatherAgain() {
        for bundle in forwardedBundles {
            bundle.bytes.withUnsafeBytes { gatherer.add(bundle: $0, count: bundle.count, now: now) }
        }
        forwardedBundles.removeAll()
    }
}
#endif
