// The newest points at which digests were noted. All members note the same ones, so that they can be compared.

package import Batch

package struct DigestPoint: Equatable, Sendable {
    package var zxid: Zxid
    package var digest: UInt64

    package init(zxid: Zxid, digest: UInt64) {
        self.zxid = zxid
        self.digest = digest
    }
}

package struct DigestPoints: Sendable {
    package static let interval: UInt64 = 1024
    private static let kept = 8

    /// Newest last.
    package private(set) var points: [DigestPoint] = []

    package init() { points.reserveCapacity(DigestPoints.kept + 1) }

    package var newest: DigestPoint? { points.last }

    /// Rule A3: is `last` the first batch end at or behind a multiple of 1,024 zxids? `before` is the end of the batch before.
    static func isDue(after before: Zxid, at last: Zxid) -> Bool { last.rawValue / interval > before.rawValue / interval }

    mutating func note(_ zxid: Zxid, _ digest: UInt64) {
        points.append(DigestPoint(zxid: zxid, digest: digest))
        if points.count > DigestPoints.kept { points.removeFirst() }
    }
}
