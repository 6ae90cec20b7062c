// Book-keeping of messages: each publish by publisher and sequence, who has read it, and whether it was there to be read. A pure
// value; who sends and receives stands in LoadClient.

internal import Workload

package struct TopicLedger {
    private enum Outcome: UInt8 {
        case sent, acknowledged, unknown, refused
    }

    private struct Message {
        var number: Int32 = -1
        var topic: UInt16
        var outcome = Outcome.sent
        /// Its publisher has asked for its removal.
        var isRetired = false
    }

    package let run: UInt64
    private let topics: Int
    /// The topics of each subscriber.
    private let subscriptions: [Range<Int>]
    private let wordsPerMessage: Int
    private var messages: [[Message]]
    /// By publisher, `wordsPerMessage` for each message: a bit for each subscriber that has read it.
    private var readers: [[UInt64]]
    /// Highest sequence read, by subscriber, topic and publisher; -1 before the first.
    private var lastRead: [Int64]
    /// By topic: the highest number acknowledged, publishes on their way, and what the slowest subscriber is known to have
    /// reached.
    private var highest: [Int32]
    private var onTheirWay: [Int32]
    private var slowest: [Int32]
    /// How far each subscriber is with each topic.
    private var positions: [Int32]
    private var accounting = TopicAccounting()

    package init(run: UInt64, publishers: Int, topics: Int, subscriptions: [Range<Int>]) {
        self.run = run
        self.topics = topics
        self.subscriptions = subscriptions
        wordsPerMessage = (subscriptions.count + 63) / 64
        messages = [[Message]](repeating: [], count: publishers)
        readers = [[UInt64]](repeating: [], count: publishers)
        lastRead = [Int64](repeating: -1, count: subscriptions.count * topics * publishers)
        highest = [Int32](repeating: -1, count: topics)
        onTheirWay = [Int32](repeating: 0, count: topics)
        slowest = [Int32](repeating: -1, count: topics)
        positions = [Int32](repeating: -1, count: subscriptions.count * topics)
        accounting.subscribers = subscriptions.count
    }

    /// A publisher is about to send a message; returns its sequence.
    package mutating func publish(publisher: Int, topic: Int) -> Int64 {
        messages[publisher].append(Message(topic: UInt16(truncatingIfNeeded: topic)))
        for _ in 0..<wordsPerMessage { readers[publisher].append(0) }
        onTheirWay[topic] += 1
        return Int64(messages[publisher].count - 1)
    }

    package mutating func acknowledged(publisher: Int, sequence: Int64, number: Int32) {
        settle(publisher: publisher, sequence: sequence, .acknowledged)
        messages[publisher][Int(sequence)].number = number
        let topic = Int(messages[publisher][Int(sequence)].topic)
        highest[topic] = max(highest[topic], number)
        accounting.published += 1
    }

    /// The connection broke before the reply: the message may be there or not.
    package mutating func unknown(publisher: Int, sequence: Int64) {
        settle(publisher: publisher, sequence: sequence, .unknown)
        accounting.unknownPublishes += 1
    }

    package mutating func refused(publisher: Int, sequence: Int64) {
        settle(publisher: publisher, sequence: sequence, .refused)
    }

    private mutating func settle(publisher: Int, sequence: Int64, _ outcome: Outcome) {
        messages[publisher][Int(sequence)].outcome = outcome
        onTheirWay[Int(messages[publisher][Int(sequence)].topic)] -= 1
    }

    package func topic(publisher: Int, sequence: Int64) -> Int { Int(messages[publisher][Int(sequence)].topic) }

    /// Number of an acknowledged message.
    package func number(publisher: Int, sequence: Int64) -> Int32 { messages[publisher][Int(sequence)].number }

    /// The publisher is about to remove a message, or to ask for it again.
    package mutating func retiring(publisher: Int, sequence: Int64) {
        messages[publisher][Int(sequence)].isRetired = true
    }

    /// The message that was to be removed was not there.
    package mutating func vanished() {
        accounting.vanished += 1
    }

    /// A subscriber has read a message.
    package mutating func read(_ stamp: ItemStamp, subscriber: Int, topic: Int) -> TakeVerdict {
        let publisher = Int(stamp.producer)
        guard stamp.run == run, messages.indices.contains(publisher), stamp.sequence < UInt64(messages[publisher].count),
            messages[publisher][Int(stamp.sequence)].topic == UInt16(truncatingIfNeeded: topic)
        else {
            accounting.foreign += 1
            return .foreign
        }
        let word = Int(stamp.sequence) * wordsPerMessage + subscriber / 64
        let bit = UInt64(1) << UInt64(subscriber % 64)
        guard readers[publisher][word] & bit == 0 else {
            accounting.doubled += 1
            return .again
        }
        readers[publisher][word] |= bit
        accounting.delivered += 1
        let slot = (subscriber * topics + topic) * messages.count + publisher
        if Int64(stamp.sequence) < lastRead[slot] {
            accounting.reordered += 1
        } else {
            lastRead[slot] = Int64(stamp.sequence)
        }
        return .first
    }

    /// A subscriber is done with everything up to this number.
    package mutating func reached(_ number: Int32, subscriber: Int, topic: Int) {
        let slot = subscriber * topics + topic
        positions[slot] = max(positions[slot], number)
    }

    /// Whether the slowest subscriber of a topic has `limit` of its messages or more still before it.
    package mutating func isBehind(topic: Int, by limit: Int32) -> Bool {
        if highest[topic] + onTheirWay[topic] - slowest[topic] < limit { return false }
        var least = highest[topic]
        for (subscriber, subscription) in subscriptions.enumerated() where subscription.contains(topic) {
            least = min(least, positions[subscriber * topics + topic])
        }
        slowest[topic] = least
        return highest[topic] + onTheirWay[topic] - least >= limit
    }

    package mutating func damaged() {
        accounting.damaged += 1
    }

    /// Settles the books when nothing moves any more. A message that a subscriber has not read was missed if it was removed to
    /// make room; else it is lost. What nobody acknowledged counts as soon as one subscriber has read it.
    package func settled(isDrained: Bool, drainNanoseconds: UInt64) -> TopicAccounting {
        var result = accounting
        result.isDrained = isDrained
        result.drainNanoseconds = drainNanoseconds
        for publisher in messages.indices {
            for (sequence, message) in messages[publisher].enumerated() {
                settle(message, of: publisher, sequence: sequence, into: &result)
            }
        }
        return result
    }

    private func settle(_ message: Message, of publisher: Int, sequence: Int, into result: inout TopicAccounting) {
        let first = sequence * wordsPerMessage
        let words = readers[publisher]
        let isRead = words[first..<(first + wordsPerMessage)].contains { $0 != 0 }
        if message.outcome == .refused, isRead { result.refusedButRead += 1 }
        if message.outcome == .unknown, isRead { result.unknownPublishesRead += 1 }
        guard message.outcome == .acknowledged || isRead else { return }
        for (subscriber, subscription) in subscriptions.enumerated() where subscription.contains(Int(message.topic)) {
            if words[first + subscriber / 64] >> UInt64(subscriber % 64) & 1 == 1 { continue }
            if message.isRetired { result.missed += 1 } else { result.lost += 1 }
        }
    }
}

/// What became of the messages. Where nothing else is said, a message counts once for each subscriber.
package struct TopicAccounting: Sendable, Equatable, Codable {
    package var subscribers = 0
    /// Messages whose publish was acknowledged, each once.
    package var published: UInt64 = 0
    package var delivered: UInt64 = 0
    /// Removed by their publisher before the subscriber had read them.
    package var missed: UInt64 = 0
    /// Neither read nor removed by their publisher.
    package var lost: UInt64 = 0
    /// Read more than once.
    package var doubled: UInt64 = 0
    /// Read after a later message of the same publisher in the same topic.
    package var reordered: UInt64 = 0
    /// Publishes without a known outcome, and how many of these were read; each once.
    package var unknownPublishes: UInt64 = 0
    package var unknownPublishesRead: UInt64 = 0
    /// Refused publishes that were read all the same, each once.
    package var refusedButRead: UInt64 = 0
    /// Messages that were gone when their publisher removed them, each once.
    package var vanished: UInt64 = 0
    package var damaged: UInt64 = 0
    /// Messages of other runs.
    package var foreign: UInt64 = 0
    /// False if not every subscriber came to the end of its topics; then losses can't be told.
    package var isDrained = false
    package var drainNanoseconds: UInt64 = 0

    package init() {}
}
