package io.hatoba.server.database;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.lang.reflect.Type;
import java.sql.Types;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.argument.ArgumentFactory;
import org.jdbi.v3.core.argument.NullArgument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.generic.GenericTypes;
import org.jdbi.v3.core.mapper.ColumnMapper;
import org.jdbi.v3.core.mapper.ColumnMappers;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jspecify.annotations.Nullable;

/**
 * How values travel: {@link Instant} as epoch milliseconds (BIGINT), digests, repository names and
 * tags as TEXT, both ways; any other record from a row by its constructor ({@code pushed_at} to
 * {@code pushedAt}). A column that may be NULL is an {@link Optional} component.
 */
final class Mappings {
  private static final ClassValue<RowMapper<?>> RECORDS =
      new ClassValue<>() {
        @Override
        protected RowMapper<?> computeValue(Class<?> type) {
          return ConstructorMapper.of(type);
        }
      };

  private Mappings() {}

  static Jdbi register(Jdbi jdbi) {
    // Statements carry secrets and content, and exceptions reach the log.
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    jdbi.registerArgument(new InstantArgument());
    jdbi.registerArgument(new TextArgument<>(Digest.class, Digest::toString));
    jdbi.registerArgument(new TextArgument<>(RepositoryName.class, RepositoryName::value));
    jdbi.registerArgument(new TextArgument<>(Tag.class, Tag::name));
    jdbi.registerColumnMapper(Instant.class, instant());
    jdbi.registerColumnMapper(Digest.class, text(Digest::parse));
    jdbi.registerColumnMapper(RepositoryName.class, text(RepositoryName::new));
    jdbi.registerColumnMapper(Tag.class, text(Tag::new));
    jdbi.registerRowMapper(Mappings::row);
    return jdbi;
  }

  private static ColumnMapper<Instant> instant() {
    return (row, column, _) -> {
      long milliseconds = row.getLong(column);
      return row.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
    };
  }

  private static <T> ColumnMapper<T> text(Function<String, T> parser) {
    return (row, column, _) -> {
      String text = row.getString(column);
      return text == null ? null : parser.apply(text);
    };
  }

  private static Optional<RowMapper<?>> row(Type type, ConfigRegistry config) {
    Class<?> raw = GenericTypes.getErasedType(type);
    boolean column = !raw.isRecord() || config.get(ColumnMappers.class).findFor(type).isPresent();
    return column ? Optional.empty() : Optional.of(RECORDS.get(raw));
  }

  private static final class InstantArgument extends AbstractArgumentFactory<Instant> {
    InstantArgument() {
      super(Types.BIGINT);
    }

    @Override
    protected Argument build(Instant value, ConfigRegistry config) {
      return (position, statement, _) -> statement.setLong(position, value.toEpochMilli());
    }
  }

  private record TextArgument<T>(Class<T> type, Function<T, String> format)
      implements ArgumentFactory.Preparable {
    @Override
    public Optional<Function<Object, Argument>> prepare(Type asked, ConfigRegistry config) {
      return asked == type ? Optional.of(this::argument) : Optional.empty();
    }

    private Argument argument(@Nullable Object value) {
      return value == null
          ? new NullArgument(Types.VARCHAR)
          : (position, statement, _) ->
              statement.setString(position, format.apply(type.cast(value)));
    }
  }
}
