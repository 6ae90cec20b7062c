// The hash index against a plain list: whatever is put in and taken out, in any order, is found exactly while it is in.

import Handlers
import Testing

@Suite struct HashIndexTests {
    private func isIn(_ index: HashIndex, _ hash: UInt32, _ row: UInt32) -> Bool {
        var candidates = index.candidates(hash)
        while true {
            let next = candidates.next()
            if next == row { return true }
            if next == 0 { return false }
        }
    }

    @Test("Chains that empty from any bucket keep every other row", arguments: 0..<64)
    func randomOperations(seed: UInt64) {
        var random = Xorshift(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
        let index = HashIndex()
        var live: [(hash: UInt32, row: UInt32)] = []
        for step in 0..<4_000 {
            let share: UInt64 = step < 400 ? 90 : step < 2_000 ? 50 : 20
            if live.isEmpty || random.next() % 100 < share {
                // Few distinct hashes make long chains.
                let hash = UInt32(truncatingIfNeeded: seed % 2 == 0 ? random.next() : random.next() % 16)
                live.append((hash, UInt32(step + 1)))
                index.insert(hash, UInt32(step + 1))
            } else {
                let entry = live.remove(at: Int(random.next() % UInt64(live.count)))
                index.remove(entry.hash, entry.row)
                #expect(!isIn(index, entry.hash, entry.row))
            }
        }
        #expect(index.count == live.count)
        for entry in live { #expect(isIn(index, entry.hash, entry.row)) }
    }
}

private struct Xorshift {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
