// Topics made ready: the requests of those who publish messages and of those who read them.

internal import Workload

/// What a role needs to publish. The message itself is the operation's own template.
final class PublishPlan {
    /// Number of the entry's first topic among all topics, how many it has, and the role's first client among all publishers.
    let firstTopic: Int
    let topicCount: Int
    let firstPublisher: Int
    /// Of its messages in each topic a publisher leaves so many.
    let keep: Int
    /// A closed publisher waits while the slowest subscriber has so many messages of the topic before it.
    let maxBacklog: Int32
    let delete: RequestTemplate
    let deleteStream: Int16

    init(_ topics: TreeEntry, keep: Int, maxBacklog: Int?, builder: inout PlanBuilder, role: Int) {
        firstTopic = builder.firstTopic(of: topics)
        topicCount = topics.count
        firstPublisher = builder.publishers
        self.keep = keep
        self.maxBacklog = Int32(maxBacklog ?? Int(Int32.max))
        delete = builder.store.messageDelete(topics)
        deleteStream = builder.stream(.delete, role: role, follows: true)
    }
}

/// What a role needs to read messages.
final class SubscribePlan {
    let topics: TreeEntry
    let firstTopic: Int
    /// Number of the role's first client among all subscribers.
    let firstSubscriber: Int
    let list: RequestTemplate
    let listAndWatch: RequestTemplate
    let get: RequestTemplate
    let listStream: Int16
    let getStream: Int16
    let deliverStream: Int16

    init(_ topics: TreeEntry, builder: inout PlanBuilder, role: Int) {
        self.topics = topics
        firstTopic = builder.firstTopic(of: topics)
        firstSubscriber = builder.subscriptions.count
        list = builder.store.read(topics, opCode: OpCode.getChildren)
        listAndWatch = builder.store.read(topics, opCode: OpCode.getChildren, watch: true)
        get = builder.store.messageGet(topics)
        listStream = builder.stream(.list, role: role)
        getStream = builder.stream(.get, role: role)
        deliverStream = builder.stream(.deliver, role: role)
    }
}

extension RolePlan {
    /// The topics that each client of the role follows.
    var topicLanes: [TopicLane] {
        guard let topics = subscribe?.topics else { return [] }
        return (0..<topics.count).map { TopicLane(topic: $0, path: Array(topics.znode($0).utf8)) }
    }
}

extension TemplateStore {
    func publish(_ topics: TreeEntry, size: Int) -> RequestTemplate {
        precondition(size >= ItemStamp.byteCount, "a message has room for its stamp")
        var builder = FrameBuilder(opCode: OpCode.create)
        let pool = appendPath(topics, messagePrefix, to: &builder)
        let data = builder.count + 4
        builder.append(buffer: filler[..<size])
        builder.appendOpenACL()
        builder.append(CreateMode.sequential.rawValue)
        return keep(builder, pool: pool, data: data, dataCount: size)
    }

    fileprivate func messageGet(_ topics: TreeEntry) -> RequestTemplate {
        message(topics, opCode: OpCode.getData) { $0.append(flag: false) }
    }

    fileprivate func messageDelete(_ topics: TreeEntry) -> RequestTemplate {
        message(topics, opCode: OpCode.delete) { $0.append(Int32(-1)) }
    }

    private func message(_ topics: TreeEntry, opCode: Int32, _ finish: (inout FrameBuilder) -> Void) -> RequestTemplate {
        var builder = FrameBuilder(opCode: opCode)
        let pool = appendPath(topics, messagePrefix + blankSequence, to: &builder)
        let sequence = builder.count - blankSequence.utf8.count
        finish(&builder)
        return keep(builder, pool: pool, sequence: sequence)
    }
}

/// Messages are named by this and the number that the server gives them.
let messagePrefix = "/msg-"
