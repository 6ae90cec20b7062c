// Walks over the names in the reply to a getChildren, without making a string of any of them, and finds those that a server has
// numbered.

internal import Glibc

/// Where each child's name stands in the reply's body.
struct ChildNames {
    private let body: UnsafeRawBufferPointer
    private var position = 4
    private var left: Int
    /// True once the reply has turned out to be none.
    private(set) var isMalformed = false

    init(_ body: UnsafeRawBufferPointer) {
        self.body = body
        left = body.count >= 4 ? Int(body.int32(at: 0)) : 0
        isMalformed = body.count < 4 || left < 0
    }

    /// No more than these can be there, whatever the reply says.
    var mostNames: Int { max(0, min(left, body.count / 4)) }

    mutating func next() -> Range<Int>? {
        guard left > 0, !isMalformed else {
            if position != body.count { isMalformed = true }
            return nil
        }
        guard position + 4 <= body.count, case let length = Int(body.int32(at: position)), length >= 0,
            position + 4 + length <= body.count
        else {
            isMalformed = true
            return nil
        }
        left -= 1
        defer { position += 4 + length }
        return (position + 4)..<(position + 4 + length)
    }
}

extension LoadClient {
    /// Numbers above `known` of the children with such names, in the order of the list; nil if the list can't be true.
    func sequentialChildren(
        _ body: UnsafeRawBufferPointer, named prefix: String, above known: Int32, _ run: LoadDriver
    ) -> [Int32]? {
        var numbers: [Int32] = []
        var names = ChildNames(body)
        numbers.reserveCapacity(names.mostNames)
        var isDamaged = false
        var prefix = prefix.dropFirst()
        prefix.withUTF8 { prefix in
            while let name = names.next() {
                guard name.count == prefix.count + sequenceDigits else { continue }
                let digits = name.lowerBound + prefix.count
                let isNamed = memcmp(body.baseAddress! + name.lowerBound, prefix.baseAddress!, prefix.count) == 0
                if isNamed, let number = sequenceNumber(body, from: digits, to: name.upperBound) {
                    if number > known { numbers.append(number) }
                } else if isOneByteOff(body, name, prefix) {
                    isDamaged = true
                }
            }
        }
        guard !names.isMalformed, !isDamaged else {
            run.anomalies.wrongContent += 1
            return nil
        }
        return numbers
    }

    /// Other children are none of the load's business, but a name that is right but for one byte was not given by anybody.
    private func isOneByteOff(_ body: UnsafeRawBufferPointer, _ name: Range<Int>, _ prefix: UnsafeBufferPointer<UInt8>) -> Bool {
        var wrong = 0
        for (offset, byte) in body[name].enumerated() {
            let isRight = offset < prefix.count ? byte == prefix[offset] : byte >= 0x30 && byte <= 0x39
            if !isRight { wrong += 1 }
        }
        return wrong == 1
    }
}
