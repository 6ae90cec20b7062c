// The four-letter commands of the client port: names and how to tell them from a handshake. Their answers are made elsewhere.

/// The raw value is the four ASCII bytes as a big-endian integer, as they stand in a fresh connection's first bytes.
package enum FourLetterWord: UInt32, CaseIterable, Sendable {
    case conf = 0x636f_6e66
    case cons = 0x636f_6e73
    case crst = 0x6372_7374
    case dirs = 0x6469_7273
    case dump = 0x6475_6d70
    case envi = 0x656e_7669
    case gtmk = 0x6774_6d6b
    case hash = 0x6861_7368
    case isro = 0x6973_726f
    case mntr = 0x6d6e_7472
    case ruok = 0x7275_6f6b
    case srst = 0x7372_7374
    case srvr = 0x7372_7672
    case stat = 0x7374_6174
    case stmk = 0x7374_6d6b
    case wchc = 0x7763_6863
    case wchp = 0x7763_6870
    case wchs = 0x7763_6873

    /// The command at the start of a fresh connection, or nil if these bytes are the length of a handshake frame.
    package init?(firstBytes: RawSpan) {
        guard firstBytes.byteCount >= 4 else { return nil }
        self.init(rawValue: UInt32(bigEndian: firstBytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)))
    }

    package var name: String { "\(self)" }
}
