package io.trilith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.memory.MemoryShare;
import org.junit.jupiter.api.Test;

class QueryBudgetTest {
  private final MemoryShare memory =
      new MemoryShare("query.memory-max", "the queries running now", 150);

  private QueryBudget budget() {
    return new QueryBudget(1, 1, 100, memory);
  }

  @Test
  void bytesGivenBackCanBeTakenAgain() {
    QueryBudget budget = budget();
    budget.addBytes(80);
    assertThatThrownBy(() -> budget.addBytes(21))
        .isInstanceOfSatisfying(
            LimitExceededException.class, e -> assertThat(e.retryable()).isFalse())
        .hasMessageContaining("query.bytes-max");
    budget.giveBack(30);
    assertThat(memory.used()).isEqualTo(50);
    budget.addBytes(50);
    assertThat(budget.bytes()).isEqualTo(100);
    budget.close();
    assertThat(memory.used()).isZero();
  }

  @Test
  void givesNeverBackMoreThanItTook() {
    QueryBudget budget = budget();
    budget.addBytes(10);
    budget.giveBack(Long.MAX_VALUE);
    budget.giveBack(-5);
    assertThat(memory.used()).isZero();
    budget.addBytes(10);
    budget.close();
    budget.giveBack(10);
    assertThat(memory.used()).isZero();
  }

  @Test
  void aQueryThatNobodyWaitsForTakesNothing() {
    QueryBudget budget = budget();
    budget.close();
    assertThatThrownBy(() -> budget.addBytes(1)).isInstanceOf(QueryInterruptedException.class);
    assertThat(memory.used()).isZero();
  }

  @Test
  void queriesTogetherAreToldToComeBack() {
    QueryBudget first = budget();
    QueryBudget second = budget();
    first.addBytes(100);
    assertThatThrownBy(() -> second.addBytes(60))
        .isInstanceOfSatisfying(
            LimitExceededException.class, e -> assertThat(e.retryable()).isTrue())
        .hasMessageContaining("query.memory-max");
    assertThat(second.bytes()).isZero();
    first.close();
    second.addBytes(60);
    assertThat(memory.used()).isEqualTo(60);
  }
}
