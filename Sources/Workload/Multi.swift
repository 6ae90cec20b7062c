// Several operations in one request, of which all are carried out or none. How they are read stands in Multi+Reading.swift.

package struct Multi: Sendable, Equatable, Codable {
    package var parts: [MultiPart]
    /// How often each part comes up, each drawn anew; empty: every part once, in this order.
    package var weights: [Int]
    /// How many parts a request has, each number with equal chance.
    package var size: ClosedRange<Int>

    package init(parts: [MultiPart], weights: [Int] = [], size: ClosedRange<Int>) {
        self.parts = parts
        self.weights = weights
        self.size = size
    }
}

/// What may stand in a multi. The meaning is that of the operation of the same name.
package enum MultiPart: Sendable, Equatable, Codable {
    case create(path: String, mode: CreateMode)
    case createChild(parents: Int, nameLength: ClosedRange<Int>, mode: CreateMode)
    case set(pool: Int)
    /// Nothing is carried out unless a znode of the pool is there.
    case check(pool: Int)
}
