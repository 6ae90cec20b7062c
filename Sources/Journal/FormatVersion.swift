// The versions of the layouts on disk. What a later release wrote is neither damage nor absent: it is refused by name before
// any log or snapshot is changed, so that it is still there for the release that can read it (rule A4).

enum FormatVersion {
    /// Where every block with a version of its own has its magic and its version.
    static let magicOffset = 4
    static let versionOffset = 8

    /// - Throws: `tooNew` if the block is intact, of this kind, and of a later version than `known`.
    static func judge(_ block: Block, at offset: Int = 0, magic: UInt32, known: UInt32, name: String) throws(JournalError) {
        let p = UnsafeRawPointer(block.base + offset)
        guard p.load(UInt32.self, at: magicOffset) == magic, block.isSealed(at: offset) else { return }
        let version = p.load(UInt32.self, at: versionOffset)
        guard version > known else { return }
        throw .tooNew(
            "\(name) has version \(version) at offset \(offset + versionOffset), and this release knows only version \(known): start "
                + "the release that wrote it, or a newer one; no log and no snapshot was touched")
    }
}
