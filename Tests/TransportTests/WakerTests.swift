// The waker works from any thread, is never lost, and writes its eventfd only for a loop that sleeps.

import Glibc
import Testing
import Transport

@Suite("Waker")
struct WakerTests {
    @Test("a wake-up before the wait ends it at once, and many count as one")
    func coalesced() throws {
        let stage = try Stage()
        for _ in 0..<1000 { stage.loop.waker.wake() }
        stage.turn(atMostNanoseconds: 10_000_000_000)
        #expect(stage.wokenCount == 1)
        #expect(stage.loop.waker.signals == 0, "the eventfd was written for a loop that did not sleep")
        stage.turn(atMostNanoseconds: 1_000_000)
        #expect(stage.wokenCount == 1)
    }

    @Test("a thread wakes a loop that sleeps, round after round")
    func fromThread() throws {
        let stage = try Stage()
        let waker = stage.loop.waker
        let rounds = 2000
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Rounds(waker: waker, count: rounds))
        let code = pthread_create(
            &thread, nil,
            { argument in
                let rounds = Unmanaged<Rounds>.fromOpaque(argument!).takeUnretainedValue()
                for _ in 0..<rounds.count {
                    rounds.turn.wait()
                    rounds.waker.wake()
                }
                return nil
            }, box.toOpaque())
        #expect(code == 0)
        let shared = box.takeUnretainedValue()
        // A wait that only its deadline ends has slept through a wake-up.
        let patience: UInt64 = 20_000_000_000
        var overslept = false
        for round in 1...rounds {
            shared.turn.post()
            let limit = stage.loop.now + patience
            // A turn may be ended by the eventfd of a round whose flag an earlier turn took; the next one brings the event.
            while stage.wokenCount < round && !overslept {
                stage.turn(atMostNanoseconds: patience)
                overslept = stage.loop.now >= limit
            }
            if overslept { break }
        }
        for _ in 0..<rounds { shared.turn.post() }
        pthread_join(thread, nil)
        box.release()
        #expect(!overslept, "a wake-up was lost")
        #expect(stage.wokenCount == rounds)
        #expect(waker.signals > 0, "the loop never slept, so nothing was tested")
        #expect(waker.signals <= rounds)
    }

    @Test("a deadline ends a wait without events")
    func deadline() throws {
        let stage = try Stage()
        let start = stage.loop.now
        stage.turn(atMostNanoseconds: 3_000_000)
        #expect(stage.lastTurn.isEmpty)
        #expect(stage.loop.now - start >= 3_000_000)
        stage.loop.wait(until: 0, into: &events.value)
        #expect(events.value.isEmpty)
    }

    private let events = Box()
    private final class Box { var value: [TransportEvent] = [.woken] }
}

/// A semaphore and the waker that its waiter calls.
private final class Rounds {
    let waker: Waker
    let count: Int
    let turn = Semaphore()
    init(waker: Waker, count: Int) {
        self.waker = waker
        self.count = count
    }
}

private final class Semaphore {
    private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(pointer, 0, 0) }
    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }
    func post() { sem_post(pointer) }
    func wait() { while sem_wait(pointer) != 0 {} }
}
